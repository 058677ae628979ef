/** One volume: what it is, who uses it, and its files. */

import { useEngine } from "../../engine.js";
import { plain } from "../../format.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Act, Given, Inspect, whyNot } from "../../parts.js";
import { Ago, Badge, Facts, Loaded, Table, Trouble } from "../../ui.js";
import { useGo } from "../../wayon.js";
import { measure, removeVolume } from "./acts.js";
import NewVolume from "./create.js";
import { isAnonymous, shown, users } from "./known.js";
import { Size } from "./list.js";
import { archiveOf, useLoan } from "./loan.js";
import { LeftOver, Unmounted } from "./unmounted.js";

function facts({ Driver, CreatedAt, Scope }, name, sizes, weigh, busy) {
  const size = sizes
    ? html`<${Size} sizes=${sizes} name=${name} />`
    : html`<${Act} busy=${busy} title="The engine looks at every file for it" onClick=${weigh}>Measure<//>`;
  return [
    ["Driver", plain(Driver)],
    ["Scope", plain(Scope)],
    ["Created", html`<${Ago} at=${CreatedAt} />`],
    ["Size", size],
  ];
}

function Files({ one, name, why }) {
  if (why) return html`<span class="soft" title=${why}>needs the role admin</span>`;
  return html`<div class="buttons">
    ${one.runs && html`<a class="button" href="/containers/${one.id.slice(0, 12)}/files?path=${encodeURIComponent(one.at)}"
      aria-label="Browse in ${plain(one.name)}">Browse</a>`}
    <a class="button" href=${archiveOf(one.id, one.at)} download="${name}.tar"
      aria-label="Download from ${plain(one.name)}">Download</a></div>`;
}

function Users({ found, name, why }) {
  return html`<${Table} label="Containers" heads=${["Container", "State", "Mounted at", "Access", "Files"]}
    rows=${found.map((one) => ({
      key: one.id,
      cells: [
        html`<a href="/containers/${one.id.slice(0, 12)}">${plain(one.name)}</a>`,
        html`<${Badge} kind=${one.runs ? "ok" : "off"}>${plain(one.state)}<//>`,
        html`<code class="wraps">${plain(one.at)}</code>`,
        one.writes ? "reads and writes" : "reads",
        html`<${Files} one=${one} name=${name} why=${why} />`,
      ],
    }))} />`;
}

function Volume({ volume, containers, why, refresh }) {
  const [sizes, setSizes] = useState(null);
  const [busy, setBusy] = useState(false);
  const name = volume.Name;
  const loan = useLoan(name);
  const found = users(containers, name);
  const mine = found.filter((one) => !one.loan);
  // One that this page made is not left over while all goes well; the engine's list is a bit old.
  const own = ({ id }) => loan && !loan.problem && (id === loan.id || !loan.id);
  const over = found.filter((one) => one.loan && !own(one));
  const weigh = async () => {
    setBusy(true);
    try {
      setSizes(await measure());
    } catch (problem) {
      note(plain(problem.message), "bad");
    }
    setBusy(false);
  };
  return html`<section class="card"><${Facts} pairs=${facts(volume, name, sizes, weigh, busy)} />
      <p class="said"><span class="soft">On the host at</span> <code>${plain(volume.Mountpoint || "no place it tells")}</code></p></section>
    ${over.length > 0 && html`<${LeftOver} all=${over} why=${why} refresh=${refresh} />`}
    <section><h2>Used by</h2>${mine.length
      ? html`<${Users} found=${mine} name=${name} why=${why} />`
      : html`<${Unmounted} name=${name} loan=${loan} why=${why} />`}</section>
    <${Given} title="Options" all=${volume.Options} />
    <${Given} title="Labels" all=${volume.Labels} />
    <${Inspect} data=${volume} />`;
}

function VolumePage({ name, host }) {
  const live = useEngine(`/volumes/${encodeURIComponent(name)}`, 3);
  const containers = useEngine("/containers/json?all=1", 3);
  const [state, setState] = useState({});
  const go = useGo();
  const used = users(containers.data ?? [], name);
  const remove = async () => {
    setState({ busy: true });
    try {
      if (!(await removeVolume(name))) return setState({});
      note(plain(`${shown(name)} was removed.`));
      return go("/volumes");
    } catch (problem) {
      return setState({ problem });
    }
  };
  const whyNoChange = whyNot(host.data);
  const why = used.length ? plain(`In use by ${used.map((one) => one.name).join(", ")}`) : whyNoChange;
  const known = (containers.data || containers.error) && host.data;
  return html`<div class="title"><h1>${plain(shown(name))}</h1>
      ${live.data && isAnonymous(live.data) && html`<${Badge} kind="off">anonymous<//>`}
      <div class="buttons">${live.data && html`<${Act} danger why=${why} busy=${state.busy} onClick=${remove}>Remove<//>`}</div></div>
    ${state.problem && html`<${Trouble} error=${state.problem} />`}
    <${Loaded} live=${known ? live : {}} rows=${8}>${(one) => html`<${Volume} volume=${one}
      containers=${containers.data ?? []} why=${whyNoChange} refresh=${containers.refresh} />`}<//>`;
}

export default function VolumeDetail({ parts: [isNew, name], host }) {
  return isNew ? html`<${NewVolume} host=${host} />` : html`<${VolumePage} key=${name} name=${name} host=${host} />`;
}
