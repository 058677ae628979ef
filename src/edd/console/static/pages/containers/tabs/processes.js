/** Processes: what runs in a container, as the host's ps tells it. */

import { useEngine } from "../../../engine.js";
import { plain } from "../../../format.js";
import { may } from "../../../host.js";
import { html, useState } from "../../../html.js";
import { style } from "../../../late.js";
import { Empty, Loaded, Search } from "../../../ui.js";

await style("processes.css");

const MOST = 500;
/** What a role below an administrator may have ps told. */
const OPTIONS = { "": "Docker's own choice", "-ef": "-ef", aux: "aux" };

/** Return which of two cells comes first: as numbers where both are, else as words. */
export function compared(one, other) {
  const [first, second] = [Number(one), Number(other)];
  if (one.trim() !== "" && other.trim() !== "" && !Number.isNaN(first) && !Number.isNaN(second)) return first - second;
  return one.localeCompare(other, "en", { numeric: true });
}

function Head({ title, at, sort, setSort }) {
  const mine = sort?.at === at;
  const next = !mine ? { at, down: false } : sort.down ? null : { at, down: true };
  return html`<th scope="col" aria-sort=${mine ? (sort.down ? "descending" : "ascending") : null}>
    <button class="quiet sort" onClick=${() => setSort(next)}>${plain(title)}<span aria-hidden="true">${mine ? (sort.down ? " ↓" : " ↑") : ""}</span></button></th>`;
}

function List({ titles, all, sought }) {
  const [sort, setSort] = useState(null);
  const words = sought.toLowerCase();
  const found = all.filter((cells) => cells.some((cell) => cell.toLowerCase().includes(words)));
  if (sort) found.sort((one, other) => compared(one[sort.at] ?? "", other[sort.at] ?? "") * (sort.down ? -1 : 1));
  if (!found.length) return html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`;
  return html`<div class="table processes" tabindex="0" role="region" aria-label="Processes"><table aria-label="Processes">
      <thead><tr>${titles.map((title, at) => html`<${Head} ...${{ title, at, sort, setSort }} />`)}</tr></thead>
      <tbody>${found.slice(0, MOST).map((cells) => html`<tr key=${cells.join(" ")}>${cells.map(
        (cell, at) => html`<td data-label=${titles[at]}>${plain(cell)}</td>`)}</tr>`)}</tbody></table></div>
    <p class="soft" role="status">${found.length} process${found.length === 1 ? "" : "es"}${
      found.length > MOST ? `, of which the first ${MOST} are shown` : ""}</p>`;
}

function Options({ free, options, setOptions }) {
  const [words, setWords] = useState(options);
  if (!free) {
    return html`<select aria-label="Options of ps" value=${options} onChange=${(event) => setOptions(event.target.value)}>
      ${Object.entries(OPTIONS).map(([value, name]) => html`<option value=${value} selected=${value === options}>${name}</option>`)}</select>`;
  }
  return html`<form class="options" onSubmit=${(event) => { event.preventDefault(); setOptions(words.trim()); }}>
    <label>ps <input aria-label="Options of ps" list="ps-options" maxlength="200" placeholder="-ef" spellcheck=${false} value=${words}
      onInput=${(event) => setWords(event.target.value)} /></label>
    <datalist id="ps-options"><option value="-ef" /><option value="aux" /><option value="-eo pid,ppid,user,%cpu,%mem,etime,args" /></datalist>
    <button>Apply</button></form>`;
}

export default function Processes({ id, container, host }) {
  const running = container.State.Running;
  const allowed = may(host.data, "deployer");
  const [options, setOptions] = useState("");
  const [sought, setSought] = useState("");
  const query = options && `?ps_args=${encodeURIComponent(options)}`;
  const live = useEngine(running && allowed ? `/containers/${id}/top${query}` : "", 3);
  if (host.data && !allowed) {
    return html`<${Empty} title="Your certificate is for looking only">
      What runs in a container is read with the role deployer.<//>`;
  }
  if (!running) return html`<${Empty} title="The container does not run">Its processes appear here when it is started.<//>`;
  return html`<div class="bar"><${Search} label="Search processes" value=${sought} onInput=${setSought} />
      <${Options} free=${may(host.data, "admin")} ...${{ options, setOptions }} /></div>
    <${Loaded} live=${live} rows=${5}>${({ Titles, Processes: all }) =>
      html`<${List} key=${Titles.join(" ")} titles=${Titles} all=${all || []} sought=${sought} />`}<//>`;
}
