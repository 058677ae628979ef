/** Networks: which there are, and what is on them. */

import { useEngine } from "../../engine.js";
import { plain } from "../../format.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Act, Containers, Few, Labels, whyNot } from "../../parts.js";
import { Badge, Empty, Loaded, Search, Table } from "../../ui.js";
import { prune } from "./acts.js";
import { attached, marks } from "./attached.js";

const HEADS = ["Name", "Driver", "Subnet and gateway", "Containers", "Labels"];

/** Marks of a network, as far as it has any. */
export function Marks({ network }) {
  const all = marks(network);
  return all.length > 0 && html`<span class="marks">${all.map((mark) => html`<${Badge} kind="off">${mark}<//>`)}</span>`;
}

function subnets({ IPAM }) {
  return (IPAM?.Config ?? []).map(({ Subnet, Gateway }) =>
    html`<code>${plain(Subnet)}</code>${Gateway && html` <span class="soft">gateway <code>${plain(Gateway)}</code></span>`}`,
  );
}

function row(network, containers) {
  const { Id, Name, Driver, Options, Labels: labels } = network;
  const parent = Options?.parent;
  return {
    key: Id,
    cells: [
      html`<a href="/networks/${Id.slice(0, 12)}">${plain(Name)}</a>
        <code class="below soft">${Id.slice(0, 12)}</code>`,
      html`<div>${plain(Driver)}${parent && html` <span class="soft">on ${plain(parent)}</span>`}
        <${Marks} network=${network} /></div>`,
      html`<${Few} items=${subnets(network)} />`,
      html`<${Containers} all=${attached(containers, network)} />`,
      html`<${Labels} all=${labels} />`,
    ],
  };
}

function List({ all, containers, sought }) {
  const told = (one) => [one.Name, one.Id, one.Driver, JSON.stringify([one.IPAM, one.Labels, one.Options]),
    attached(containers, one).map(({ name }) => name), marks(one)].join(" ").toLowerCase();
  const found = all.filter((one) => told(one).includes(sought.toLowerCase()));
  if (!found.length) return html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`;
  const sorted = found.sort((one, other) => one.Name.localeCompare(other.Name));
  return html`<${Table} label="Networks" heads=${HEADS} rows=${sorted.map((one) => row(one, containers))} />`;
}

export default function Networks({ host }) {
  const live = useEngine("/networks", 3);
  const containers = useEngine("/containers/json?all=1", 3);
  const [sought, setSought] = useState("");
  const [busy, setBusy] = useState(false);
  const why = whyNot(host.data);
  const tidy = async () => {
    setBusy(true);
    try {
      const words = await prune(host.data.name);
      if (words) note(words);
    } catch (problem) {
      note(plain(`${problem.message} ${problem.advice ?? ""}`), "bad");
    }
    setBusy(false);
    live.refresh();
  };
  // What is on the networks decides on how high their rows are.
  const known = containers.data || containers.error;
  return html`<div class="title"><h1>Networks</h1><div class="buttons">
      <${Act} why=${why} busy=${busy} onClick=${tidy}>Prune<//>
      ${!why && html`<a class="button primary" href="/networks/new">New network</a>`}</div></div>
    <div class="bar"><${Search} label="Search networks" value=${sought} onInput=${setSought} /></div>
    <${Loaded} live=${known ? live : {}} rows=${6}>${(all) =>
      html`<${List} all=${all} containers=${containers.data ?? []} sought=${sought} />`}<//>`;
}
