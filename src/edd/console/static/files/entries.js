/** The entries of a folder as a table: some of them drawn at first, more as they come into sight. */

import { size } from "../format.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { shown, within } from "../paths.js";
import { Ago, Empty, Table } from "../ui.js";
import { showDetails } from "./details.js";
import { kindOf, modeWords } from "./listing.js";
import { placeOf } from "./place.js";

const AT_FIRST = 200;
/** The last second that a date can be of (ECMA-262, time values). */
const LAST = 8.64e12;

/** The orders in which entries stand. */
export const ORDERS = {
  name: ["by name", (one, other) => isFolder(other) - isFolder(one) || compared(one, other)],
  newest: ["newest first", (one, other) => (other.mtime ?? 0) - (one.mtime ?? 0) || compared(one, other)],
  largest: ["largest first", (one, other) => sizeOf(other) - sizeOf(one) || compared(one, other)],
};

function isFolder(entry) {
  return kindOf(entry) === "folder";
}

function sizeOf(entry) {
  return kindOf(entry) === "file" ? entry.size : -1;
}

function compared({ name: one }, { name: other }) {
  return one < other ? -1 : one > other ? 1 : 0;
}

function Name({ id, folder, entry, picked, pick }) {
  const kind = kindOf(entry);
  const path = within(folder, entry.name);
  const words = shown(entry.name);
  return html`<span class="entry"><input type="checkbox" aria-label="Select ${words}" checked=${picked} onChange=${() => pick(entry.name)} />
    ${kind === "folder" || entry.leads
      ? html`<a href=${placeOf(id, path)}>${words}/</a>`
      : html`<button class="link" onClick=${() => showDetails(id, path)}>${words}</button>`}
    ${entry.target !== undefined && html`<span class="soft">→ ${shown(entry.target)}</span>`}</span>`;
}

/** Return when an entry was changed; a container may tell of times for which there is no date. */
function changed({ mtime }) {
  return Math.abs(mtime) <= LAST ? new Date(mtime * 1000).toISOString() : "";
}

function row(entry, about) {
  const kind = kindOf(entry);
  const known = (word, number) => (word === "UNKNOWN" ? number : word);
  return {
    key: entry.name,
    cells: [
      html`<${Name} entry=${entry} ...${about} picked=${about.picked.has(entry.name)} />`,
      kind === "file" ? size(entry.size) : kind,
      html`<code>${entry.mode === undefined ? "–" : modeWords(entry.mode, kind)}</code>`,
      entry.uid === undefined ? "–" : `${known(entry.user, entry.uid)}:${known(entry.group, entry.gid)}`,
      html`<${Ago} at=${changed(entry)} />`,
    ],
  };
}

/** What stands below the table while there is more: it draws that when it comes into sight. */
function More({ left, show }) {
  const button = useRef(null);
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && show(), { rootMargin: "600px" });
    seen.observe(button.current);
    return () => seen.disconnect();
  }, [left]);
  return html`<button class="quiet" ref=${button} onClick=${show}>${left} more</button>`;
}

/** A table of `entries`; `picked` are the names that are selected, `pick(name)` changes one. */
export function Entries({ entries, folder, ...about }) {
  const [most, setMost] = useState(AT_FIRST);
  if (!entries.length) return html`<${Empty} title="Nothing is here">Drop files anywhere on the page to put them here.<//>`;
  const left = entries.length - most;
  return html`<div class="entries"><${Table} label="Files" heads=${["Name", "Size", "Mode", "Owner", "Modified"]}
      rows=${entries.slice(0, most).map((entry) => row(entry, { folder, ...about }))} /></div>
    ${left > 0 && html`<${More} left=${left} show=${() => setMost(most + AT_FIRST)} />`}`;
}
