/** One network: what it is, who is on it, and who is to be. */

import { useEngine } from "../../engine.js";
import { Choice, Line } from "../../fields.js";
import { plain } from "../../format.js";
import { html, useState } from "../../html.js";
import { ask } from "../../ask.js";
import { note } from "../../notes.js";
import { Act, Given, Inspect, whyNot } from "../../parts.js";
import { Ago, Empty, Facts, Loaded, Table, Trouble } from "../../ui.js";
import { useGo } from "../../wayon.js";
import { connect, disconnect, removeNetwork } from "./acts.js";
import { attached, kept, nameOf } from "./attached.js";
import NewNetwork from "./create.js";
import { Marks } from "./list.js";
import { wrongAddress } from "./wish.js";

const yes = (value) => (value ? "yes" : "no");

function facts({ Id, Created, Scope, Driver, EnableIPv6, Internal, Attachable, Ingress, ConfigFrom, ConfigOnly, IPAM, Options }) {
  return [
    ["Id", html`<code>${Id.slice(0, 12)}</code>`],
    ["Driver", plain(Driver)],
    ["Parent interface", plain(Options?.parent ?? "")],
    ["Scope", plain(Scope)],
    ["Created", html`<${Ago} at=${Created} />`],
    ["Addresses by", plain(IPAM?.Driver ?? "")],
    ["IPv6", yes(EnableIPv6)],
    ["Internal", yes(Internal)],
    ["Attachable", yes(Attachable)],
    ["Ingress", yes(Ingress)],
    ["Configuration only", yes(ConfigOnly)],
    ["Configuration from", plain(ConfigFrom?.Network ?? "")],
  ];
}

function Subnets({ pools }) {
  if (!pools.length) return html`<p class="soft">It has none of its own.</p>`;
  const code = (value) => (value ? html`<code class="wraps">${plain(value)}</code>` : "–");
  return html`<${Table} label="Subnets" heads=${["Subnet", "Gateway", "Range for containers", "Not given"]}
    rows=${pools.map(({ Subnet, Gateway, IPRange, AuxiliaryAddresses }) => ({
      key: Subnet,
      cells: [code(Subnet), code(Gateway), code(IPRange),
        code(Object.entries(AuxiliaryAddresses ?? {}).map((pair) => pair.join("=")).join(", "))],
    }))} />`;
}

/** The containers of a network: with addresses those that run, by name those that do not. */
function members(network, all) {
  const running = Object.entries(network.Containers ?? {}).map(([id, end]) => ({
    id,
    name: end.Name || id.slice(0, 12),
    mac: end.MacAddress,
    four: end.IPv4Address,
    six: end.IPv6Address,
  }));
  const there = new Set(running.map(({ id }) => id));
  const stopped = attached(all, network).filter(({ id }) => !there.has(id));
  const sorted = running.sort((one, other) => one.name.localeCompare(other.name));
  return [...sorted, ...stopped.map(({ id, name, state }) => ({ id, name, state }))];
}

function Members({ network, found, why, refresh }) {
  const [busy, setBusy] = useState("");
  const part = async ({ id, name, state }) => {
    const title = `Disconnect ${plain(name)} from ${plain(network.Name)}?`;
    const loses = state
      ? [`${plain(name)} is ${state}; when it starts again, it is without this network.`]
      : [`${plain(name)} loses its address here at once, and nobody on this network reaches it any more.`];
    if (!(await ask({ title, loses, action: "Disconnect" }))) return;
    setBusy(id);
    try {
      await disconnect(network.Id, id);
      note(plain(`${name} was disconnected.`));
    } catch (problem) {
      note(plain(`${problem.message} ${problem.advice ?? ""}`), "bad");
    }
    setBusy("");
    refresh();
  };
  if (!found.length) return html`<${Empty} title="No container is on this network">Connect one below, or name the network when you create one.<//>`;
  const six = found.some((one) => one.six);
  const row = (one) => ({
    key: one.id,
    cells: [
      html`<a href="/containers/${one.id.slice(0, 12)}">${plain(one.name)}</a>`,
      one.mac ? html`<code>${plain(one.mac)}</code>` : html`<span class="soft">${one.state ?? "–"}</span>`,
      one.four ? html`<code>${plain(one.four)}</code>` : "–",
      ...(six ? [one.six ? html`<code>${plain(one.six)}</code>` : "–"] : []),
      html`<${Act} why=${why} busy=${busy === one.id} aria-label="Disconnect ${plain(one.name)}" onClick=${() => part(one)}>Disconnect<//>`,
    ],
  });
  const heads = ["Container", "MAC", "IPv4", ...(six ? ["IPv6"] : []), ""];
  return html`<${Table} label="Containers" heads=${heads} rows=${found.map(row)} />`;
}

function Joining({ network, others, refresh }) {
  const [chosen, setChosen] = useState({ container: "", four: "", six: "", names: "" });
  const [state, setState] = useState({});
  const { container, four, six, names } = chosen;
  const field = (key) => ({ id: key, value: chosen[key], set: (value) => setChosen({ ...chosen, [key]: value.trim() }) });
  const wrong = { four: wrongAddress(four, 32, network), six: wrongAddress(six, 128, network) };
  const send = async (event) => {
    event.preventDefault();
    if (wrong.four || wrong.six) return;
    setState({ busy: true });
    const fixed = { ...(four && { IPv4Address: four }), ...(six && { IPv6Address: six }) };
    const aliases = names.split(/[\s,]+/).filter(Boolean);
    try {
      await connect(network.Id, container, {
        ...((four || six) && { IPAMConfig: fixed }),
        ...(aliases.length && { Aliases: aliases }),
      });
      note(plain(`${others.find(([id]) => id === container)?.[1]} is on ${network.Name}.`));
      setChosen({ container: "", four: "", six: "", names: "" });
      setState({});
    } catch (problem) {
      setState({ problem });
    }
    refresh();
  };
  return html`<form class="card" onSubmit=${send} aria-label="Connect a container"><div class="fields">
      <${Choice} label="Container" ...${field("container")} choices=${[["", "choose one"], ...others]} />
      <${Line} label="IPv4" ...${field("four")} wrong=${wrong.four} hint="The engine chooses if it is empty." />
      <${Line} label="IPv6" ...${field("six")} wrong=${wrong.six} />
      <${Line} label="Further names there" ...${field("names")} hint="With commas between them." /></div>
    ${state.problem && html`<${Trouble} error=${state.problem} />`}
    <div class="buttons"><${Act} primary busy=${state.busy} type="submit"
      why=${container ? "" : "Choose a container"}>Connect<//></div></form>`;
}

function Network({ network, containers, why, refresh }) {
  const found = members(network, containers);
  const there = new Set(found.map(({ id }) => id));
  const others = containers
    .filter(({ Id }) => !there.has(Id))
    .map((one) => [one.Id, plain(nameOf(one))])
    .sort(([, one], [, other]) => one.localeCompare(other));
  const joins = !why && !["host", "none"].includes(network.Name);
  return html`<section class="card"><${Facts} pairs=${facts(network)} /></section>
    <section><h2>Subnets</h2><${Subnets} pools=${network.IPAM?.Config ?? []} /></section>
    <section><h2>Containers</h2><${Members} network=${network} found=${found} why=${why} refresh=${refresh} /></section>
    ${joins && html`<section><h2>Connect a container</h2>
      ${others.length ? html`<${Joining} network=${network} others=${others} refresh=${refresh} />`
        : html`<p class="soft">Every container is on this network.</p>`}</section>`}
    <${Given} title="Options" all=${network.Options} />
    <${Given} title="Labels" all=${network.Labels} />
    <${Inspect} data=${network} />`;
}

function NetworkPage({ id, host }) {
  const live = useEngine(`/networks/${encodeURIComponent(id)}`, 3);
  const containers = useEngine("/containers/json?all=1", 3);
  const [state, setState] = useState({});
  const go = useGo();
  const network = live.data;
  const refresh = () => [live, containers].forEach((one) => one.refresh());
  const remove = async () => {
    setState({ busy: true });
    try {
      if (!(await removeNetwork(network))) return setState({});
      note(plain(`${network.Name} was removed.`));
      return go("/networks");
    } catch (problem) {
      refresh();
      return setState({ problem });
    }
  };
  const why = whyNot(host.data);
  const known = (containers.data || containers.error) && host.data;
  return html`<div class="title"><h1>${plain(network?.Name ?? id)}</h1>${network && html`<${Marks} network=${network} />`}
      <div class="buttons">${network &&
        html`<${Act} danger why=${kept(network) || why} busy=${state.busy} onClick=${remove}>Remove<//>`}</div></div>
    ${state.problem && html`<${Trouble} error=${state.problem} />`}
    <${Loaded} live=${known ? live : {}} rows=${8}>${(one) =>
      html`<${Network} network=${one} containers=${containers.data ?? []} why=${why} refresh=${refresh} />`}<//>`;
}

export default function NetworkDetail({ parts: [id], host }) {
  return id === "new" ? html`<${NewNetwork} host=${host} />` : html`<${NetworkPage} id=${id} host=${host} />`;
}
