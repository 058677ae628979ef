/** A form that connects a container to one more network. */

import { useEngine } from "../../../engine.js";
import { plain } from "../../../format.js";
import { html, useState } from "../../../html.js";

const ALONE = { host: "the host's own network", none: "no network on purpose", container: "another container's network" };
const NOTHING = { network: "", ipv4: "", ipv6: "", aliases: "" };

/** Return the end that was wished for, without what was left empty. */
export function endpoint({ ipv4, ipv6, aliases }) {
  const names = aliases.split(/[\s,]+/).filter(Boolean);
  const addresses = { ...(ipv4 && { IPv4Address: ipv4.trim() }), ...(ipv6 && { IPv6Address: ipv6.trim() }) };
  return {
    ...(Object.keys(addresses).length && { IPAMConfig: addresses }),
    ...(names.length && { Aliases: names }),
  };
}

/** Return what is wrong with a wish, as far as that shows here. */
function wrong({ ipv4, ipv6 }) {
  if (ipv4 && !/^(\d{1,3}\.){3}\d{1,3}$/.test(ipv4.trim())) return "An IPv4 address is written like 172.20.0.9.";
  if (ipv6 && !/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(ipv6.trim())) return "An IPv6 address is written like fd00::9.";
  return "";
}

export function Connect({ container, busy, change }) {
  const live = useEngine("/networks", 10);
  const [wish, setWish] = useState(NOTHING);
  const mode = ALONE[container.HostConfig.NetworkMode.split(":")[0]];
  const connected = Object.keys(container.NetworkSettings?.Networks || {});
  const open = (live.data || []).filter(({ Name }) => !connected.includes(Name) && !["host", "none"].includes(Name));
  const put = (name) => (event) => setWish({ ...wish, [name]: event.target.value });
  const connect = async () => {
    const { Id, Name } = open.find((one) => one.Id === wish.network);
    const done = await change(`/networks/${Id}/connect`, { Container: container.Id, EndpointConfig: endpoint(wish) },
      `${container.Name.slice(1)} is on ${Name} now.`);
    if (done) setWish(NOTHING);
  };
  if (mode) return html`<section><h2>Connect</h2><p class="soft">It uses ${mode}, beside which there can be no other.</p></section>`;
  const complaint = wrong(wish);
  return html`<section><h2>Connect</h2><div class="card"><div class="fields">
      <label>Network <select value=${wish.network} onChange=${put("network")}><option value="">Choose one</option>
        ${open.map(({ Id, Name, Driver }) => html`<option value=${Id}>${plain(Name)} (${plain(Driver)})</option>`)}</select></label>
      <label>IPv4 address <input value=${wish.ipv4} placeholder="any free one" spellcheck=${false} onInput=${put("ipv4")} /></label>
      <label>IPv6 address <input value=${wish.ipv6} placeholder="any free one" spellcheck=${false} onInput=${put("ipv6")} /></label>
      <label>More names <input value=${wish.aliases} placeholder="none" spellcheck=${false} onInput=${put("aliases")} /></label></div>
    <p class="said soft">${complaint || "An address can be asked for where the network's subnet was given when it was made."}</p>
    <div class="buttons"><button class="primary" disabled=${busy || complaint || !open.some((one) => one.Id === wish.network)}
      onClick=${connect}>Connect</button></div></div></section>`;
}
