/** A new network: every field checked before the engine is asked. */

import { useEngine } from "../../engine.js";
import { Choice, Line, Lines, Tick } from "../../fields.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Act, whyNot } from "../../parts.js";
import { Empty, Trouble } from "../../ui.js";
import { useGo } from "../../wayon.js";
import { create } from "./acts.js";
import { BLANK, body, DRIVERS, isRight, MODES, POOL, wrong } from "./wish.js";

const HINTS = {
  bridge: "Containers of this host, behind its address.",
  macvlan: "Containers have MAC addresses of their own on the interface's network.",
  ipvlan: "Containers share the interface's MAC address.",
  overlay: "Containers of several hosts; the engine must be of a swarm.",
};

function Pool({ pool, at, wrong: found, set, drop }) {
  const field = (key, label, hint, Kind = Line) => html`<${Kind} id="${key}-${at}" label=${label} hint=${hint}
    value=${pool[key]} wrong=${found[key]} set=${(value) => set({ ...pool, [key]: value.trim() === "" ? "" : value })} />`;
  return html`<div class="pool" role="group" aria-label="Subnet ${at + 1}"><div class="fields">
      ${field("subnet", "Subnet", "Such as 10.20.0.0/24 or fd00:20::/64; the engine chooses if it is empty.")}
      ${field("gateway", "Gateway", "An address of the subnet; else its first.")}
      ${field("range", "Range for containers", "A part of the subnet; else all of it.")}
      ${field("spare", "Addresses not to be given", "NAME=ADDRESS, one a line.", Lines)}</div>
    ${drop && html`<div class="buttons"><button type="button" class="quiet" onClick=${drop}>Leave out subnet ${at + 1}</button></div>`}
  </div>`;
}

function Pools({ wish, set, found }) {
  const change = (pools) => set({ ...wish, pools });
  return html`<section class="card"><h2>Addresses</h2>
    ${wish.pools.map((pool, at) => html`<${Pool} key=${at} pool=${pool} at=${at} wrong=${found.pools[at]}
      set=${(fresh) => change(wish.pools.with(at, fresh))}
      drop=${wish.pools.length > 1 && (() => change(wish.pools.toSpliced(at, 1)))} />`)}
    <div class="buttons"><button type="button" onClick=${() => change([...wish.pools, POOL])}>Another subnet</button></div>
    <div class="ticks"><${Tick} label="IPv6 as well" on=${wish.ipv6} set=${(ipv6) => set({ ...wish, ipv6 })} /></div>
  </section>`;
}

function Basics({ wish, set, found }) {
  const { driver } = wish;
  const field = (key) => ({ id: key, value: wish[key], wrong: found[key], set: (value) => set({ ...wish, [key]: value }) });
  const tick = (key, label) => html`<${Tick} label=${label} on=${wish[key]} set=${(on) => set({ ...wish, [key]: on })} />`;
  return html`<section class="card"><h2>Network</h2><div class="fields">
      <${Line} label="Name" ...${field("name")} required />
      <${Choice} label="Driver" ...${field("driver")} hint=${HINTS[driver]} choices=${DRIVERS.map((one) => [one, one])}
        set=${(one) => set({ ...wish, driver: one, mode: "", ingress: false })} />
      ${driver in MODES && html`
        <${Line} label="Parent interface" ...${field("parent")} hint="Such as eth0 or eth0.20; without one the network reaches nothing." />
        <${Choice} label="Mode" ...${field("mode")} choices=${[["", "the engine's own"], ...MODES[driver].map((one) => [one, one])]} />`}
    </div>
    <div class="ticks">${tick("internal", "Internal: no way out of it")}
      ${tick("attachable", "Attachable: also for containers that no service started")}
      ${driver === "overlay" && tick("ingress", "Ingress: the swarm's own entrance")}</div>
    <div class="fields">
      <${Lines} label="Options of the driver" ...${field("options")} hint="KEY=VALUE, one a line." />
      <${Lines} label="Labels" ...${field("labels")} hint="KEY=VALUE, one a line." /></div>
  </section>`;
}

/** The form at `/networks/new`. */
export default function NewNetwork({ host }) {
  const networks = useEngine("/networks", 10);
  const [wish, setWish] = useState(BLANK);
  const [state, setState] = useState({});
  const go = useGo();
  const why = whyNot(host.data);
  if (host.data && why) {
    return html`<div class="title"><h1>New network</h1></div><section><${Empty} title="You cannot make a network here">${why}.<//></section>`;
  }
  const found = wrong(wish, networks.data ?? []);
  const shown = state.tried || wish.name ? found : { ...found, name: "" };
  const send = async (event) => {
    event.preventDefault();
    setState({ tried: true });
    if (!isRight(found)) return setTimeout(() => document.querySelector("form [aria-invalid=true]")?.focus());
    setState({ busy: true });
    try {
      const id = await create(body(wish));
      note(`${wish.name} was made.`);
      return go(`/networks/${id.slice(0, 12)}`);
    } catch (problem) {
      problem.kept ||= "No network was made.";
      return setState({ tried: true, problem });
    }
  };
  return html`<div class="title"><h1>New network</h1></div>
    <form onSubmit=${send} novalidate>
      <${Basics} wish=${wish} set=${setWish} found=${shown} />
      <${Pools} wish=${wish} set=${setWish} found=${shown} />
      ${state.problem && html`<${Trouble} error=${state.problem} />`}
      ${state.tried && !isRight(found) && html`<p class="wrong" role="alert">Something above is not right yet.</p>`}
      <div class="buttons"><a class="button" href="/networks">Cancel</a>
        <${Act} primary busy=${state.busy} type="submit">Make the network<//></div>
    </form>`;
}
