/** The networks of a container: where it can be reached, connecting, disconnecting. */

import { ask } from "../../../ask.js";
import { tell } from "../../../engine.js";
import { plain } from "../../../format.js";
import { html, useState } from "../../../html.js";
import { note } from "../../../notes.js";
import { Empty, Table, Trouble } from "../../../ui.js";
import { whyNot } from "../acts.js";
import { Connect } from "./connect.js";

const HEADS = ["Network", "IPv4", "IPv6", "Gateways", "MAC", "Names", "Action"];
const code = (...words) => {
  const all = words.filter(Boolean);
  return all.length ? html`<span class="ports">${all.map((one) => html`<code>${plain(one)}</code> `)}</span>` : "–";
};
const within = (address, length) => address && `${address}/${length}`;

/** Names by which others on the network find the container; the beginning of its id says nothing. */
function namesIn({ DNSNames, Aliases }, container) {
  const all = new Set([...(DNSNames || []), ...(Aliases || [])]);
  all.delete(container.Id.slice(0, 12));
  return [...all];
}

/** The address that was asked for stands where the container has none, because it does not run. */
function cells(name, end, container) {
  const wish = end.IPAMConfig || {};
  return [
    html`<a href="/networks/${encodeURIComponent(name)}">${plain(name)}</a>
      <div class="soft small"><code>${(end.NetworkID || "").slice(0, 12)}</code></div>`,
    code(within(end.IPAddress, end.IPPrefixLen) || (wish.IPv4Address && `${wish.IPv4Address} (wanted)`)),
    code(within(end.GlobalIPv6Address, end.GlobalIPv6PrefixLen) || (wish.IPv6Address && `${wish.IPv6Address} (wanted)`),
      ...(wish.LinkLocalIPs || [])),
    code(end.Gateway, end.IPv6Gateway),
    code(end.MacAddress),
    code(...namesIn(end, container)),
  ];
}

export default function Networks({ container, host, refresh }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const why = whyNot(host, "remove");
  const name = container.Name.slice(1);
  const all = Object.entries(container.NetworkSettings?.Networks || {});
  const change = async (path, body, said) => {
    setBusy(true);
    setProblem(null);
    let done = false;
    try {
      await tell("POST", path, body);
      note(said);
      done = true;
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
    refresh();
    return done;
  };
  const disconnect = async (network, end) => {
    const loses = [
      `Nobody on ${plain(network)} reaches ${name} any more, and it reaches nobody there. Open connections break.`,
      all.length === 1 && "It is its last network: it has none then.",
    ].filter(Boolean);
    if (!(await ask({ title: `Disconnect ${name} from ${plain(network)}?`, loses, action: "Disconnect" }))) return;
    await change(`/networks/${encodeURIComponent(end.NetworkID || network)}/disconnect`, { Container: container.Id, Force: false },
      `${name} is off ${network}.`);
  };
  const row = ([network, end]) => ({
    key: network,
    cells: [...cells(network, end, container), html`<button disabled=${busy || !host.data || why} title=${why}
      aria-label="Disconnect from ${plain(network)}" onClick=${() => disconnect(network, end)}>Disconnect</button>`],
  });
  return html`${problem && html`<${Trouble} error=${problem} />`}
    ${all.length
      ? html`<div class="ends"><${Table} label="Networks" heads=${HEADS} rows=${all.map(row)} /></div>`
      : html`<${Empty} title="It is on no network">Nothing reaches it but by its volumes. Connect it to one below.<//>`}
    ${host.data && !why && html`<${Connect} ...${{ container, busy, change }} />`}`;
}
