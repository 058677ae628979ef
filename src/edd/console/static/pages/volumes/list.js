/** Volumes: which there are, who uses them, and how large they are. */

import { useEngine } from "../../engine.js";
import { plain, size } from "../../format.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Act, Containers, Labels, whyNot } from "../../parts.js";
import { Ago, Badge, Empty, Loaded, Search, Table } from "../../ui.js";
import { measure, prune } from "./acts.js";
import { isAnonymous, knowsNames, pageOf, shown, users } from "./known.js";

const HEADS = ["Name", "Driver and path", "Used by", "Size", "Created", "Labels"];

/** How large a volume is, as far as that was asked and is known. */
export function Size({ sizes, name }) {
  if (!sizes) return "–";
  const bytes = sizes.get(name) ?? -1;
  return bytes < 0 ? html`<span class="soft">not told</span>` : size(bytes);
}

function row(volume, used, sizes) {
  const { Name, Driver, Mountpoint, CreatedAt, Labels: labels } = volume;
  return {
    key: Name,
    cells: [
      html`<a href=${pageOf(Name)} title=${plain(Name)}>${plain(shown(Name))}</a>
        ${isAnonymous(volume) && html`<span class="marks"><${Badge} kind="off">anonymous<//></span>`}`,
      html`<div>${plain(Driver)}<code class="below soft path" title=${plain(Mountpoint)}>${plain(Mountpoint)}</code></div>`,
      html`<${Containers} all=${used} />`,
      html`<span class="whole"><${Size} sizes=${sizes} name=${Name} /></span>`,
      html`<${Ago} at=${CreatedAt} />`,
      html`<${Labels} all=${labels} />`,
    ],
  };
}

function List({ all, containers, sought, unused, sizes }) {
  const words = sought.toLowerCase();
  const rows = all
    .map((one) => ({ one, used: users(containers, one.Name) }))
    .filter(({ one, used }) => !(unused && used.length) &&
      `${one.Name} ${one.Driver} ${JSON.stringify(one.Labels)} ${used.map(({ name }) => name)}`.toLowerCase().includes(words))
    .sort((a, b) => (sizes ? (sizes.get(b.one.Name) ?? -1) - (sizes.get(a.one.Name) ?? -1) : a.one.Name.localeCompare(b.one.Name)));
  if (!all.length) return html`<${Empty} title="No volume yet">Make one, or create a container that names one: the engine makes it then.<//>`;
  if (!rows.length) {
    return words
      ? html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`
      : html`<${Empty} title="Every volume is used">Some container mounts each of them.<//>`;
  }
  return html`<${Table} label="Volumes" heads=${HEADS} rows=${rows.map(({ one, used }) => row(one, used, sizes))} />`;
}

/** Buttons that take their time: one at a time, and what went wrong is said. */
function useTask() {
  const [busy, setBusy] = useState("");
  const run = async (name, task) => {
    setBusy(name);
    try {
      const words = await task();
      if (words) note(words);
    } catch (problem) {
      note(plain(`${problem.message} ${problem.advice ?? ""}`), "bad");
    }
    setBusy("");
  };
  return [busy, run];
}

export default function Volumes({ host }) {
  const live = useEngine("/volumes", 3);
  const containers = useEngine("/containers/json?all=1", 3);
  const [sought, setSought] = useState("");
  const [unused, setUnused] = useState(false);
  const [sizes, setSizes] = useState(null);
  const [busy, run] = useTask();
  const why = whyNot(host.data);
  const version = host.data?.engine?.api_version;
  const tidy = (all) => run(all ? "all" : "anonymous", async () => {
    const words = await prune(all, host.data);
    live.refresh();
    return words;
  });
  const known = containers.data || containers.error;
  return html`<div class="title"><h1>Volumes</h1><div class="buttons">
      ${knowsNames(version) && html`<${Act} why=${why} busy=${busy === "anonymous"} onClick=${() => tidy(false)}>Prune anonymous<//>`}
      <${Act} why=${why} busy=${busy === "all"} onClick=${() => tidy(true)}>Prune all unused<//>
      ${!why && html`<a class="button primary" href="/volumes/new">New volume</a>`}</div></div>
    <div class="bar"><${Search} label="Search volumes" value=${sought} onInput=${setSought} />
      <button aria-pressed=${unused ? "true" : "false"} onClick=${() => setUnused(!unused)}>Unused only</button>
      <${Act} busy=${busy === "sizes"} onClick=${() => run("sizes", async () => setSizes(await measure()))}
        title="The engine looks at every file for it">Measure sizes<//></div>
    <${Loaded} live=${known ? live : {}} rows=${6}>${({ Volumes: all }) => html`<${List} all=${all ?? []}
      containers=${containers.data ?? []} sought=${sought} unused=${unused} sizes=${sizes} />`}<//>`;
}
