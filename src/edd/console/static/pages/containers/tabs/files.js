/** Files: what is in a container's folders, and the way there and back. */

import { ask } from "../../../ask.js";
import { remove, rename } from "../../../files/acts.js";
import { makeFolder, statOf } from "../../../files/archives.js";
import { Details, download, showDetails } from "../../../files/details.js";
import { Entries, ORDERS } from "../../../files/entries.js";
import { kindOf, listingOf } from "../../../files/listing.js";
import { askName } from "../../../files/naming.js";
import { Place, usePlace } from "../../../files/place.js";
import { Chooser, named, send, UploadPanel, useDrop } from "../../../files/sending.js";
import { refuseTaken } from "../../../files/taken.js";
import { plain } from "../../../format.js";
import { may } from "../../../host.js";
import { html, useCallback, useEffect, useRef, useState } from "../../../html.js";
import { style } from "../../../late.js";
import { note } from "../../../notes.js";
import { ofText, shown, toText, within } from "../../../paths.js";
import { Empty, Search, Trouble, Waiting } from "../../../ui.js";

await style("files.css");

/** Why a folder cannot be listed, by the code of the problem. */
const WHY = {
  "no-shell": "There is no shell in the container, so its folders cannot be listed.",
  "no-stat": "There is no stat in the container, so its folders cannot be listed.",
};

/** Look at a path: its listing where it is a folder that can be listed, else what the engine says of it. */
async function look(id, path, listable) {
  let why = "A container's folders are listed only while it runs and is not paused.";
  if (listable) {
    try {
      return { listing: await listingOf(id, path) };
    } catch (problem) {
      if (problem.code !== "no-folder" && !WHY[problem.code]) throw problem;
      why = WHY[problem.code] || "";
    }
  }
  return { found: await statOf(id, path), why };
}

function useLook(id, path, listable) {
  const [state, setState] = useState({ turn: 0 });
  useEffect(() => {
    let left = false;
    const told = (more) => left || setState((all) => ({ turn: all.turn, path, ...more }));
    look(id, path, listable).then(told, (error) => told({ error }));
    return () => (left = true);
  }, [id, path, listable, state.turn]);
  const refresh = useCallback(() => setState((all) => ({ ...all, turn: all.turn + 1 })), []);
  return [state.path === path ? state : {}, refresh];
}

/** Do something and say when it fails. */
async function attempt(work, refresh) {
  try {
    await work();
  } catch (problem) {
    note(plain([problem.message, problem.advice].filter(Boolean).join(" ")), "bad");
  }
  refresh();
}

function askFolder(id, folder, listing, refresh) {
  const perform = async (wanted) => {
    await refuseTaken(id, folder, ofText(wanted), listing);
    await makeFolder(id, folder, ofText(wanted), listing?.owner);
    refresh();
  };
  return askName({ title: `New folder in ${shown(folder)}`, label: "Name", action: "Make", perform });
}

function askRename(id, folder, name, refresh) {
  const perform = async (wanted) => {
    await refuseTaken(id, folder, ofText(wanted), true);
    await rename(id, within(folder, name), within(folder, ofText(wanted)));
    refresh();
  };
  return askName({ title: `Rename ${shown(name)}`, label: "New name", value: toText(name) ?? "", action: "Rename", perform });
}

async function askRemove(id, folder, entries, refresh) {
  const words = entries.map((entry) => shown(entry.name) + (kindOf(entry) === "folder" ? "/ and everything in it" : ""));
  const title = entries.length === 1 ? `Delete ${shown(entries[0].name)}?` : `Delete ${entries.length} entries of ${shown(folder)}?`;
  const loses = [...named(words), "What is in a volume or a folder of the host is deleted there."];
  if (!(await ask({ title, loses, action: "Delete" }))) return;
  await attempt(() => remove(id, entries.map(({ name }) => within(folder, name))), refresh);
}

function Selected({ id, folder, entries, refresh }) {
  const one = entries.length === 1 ? entries[0] : null;
  const fetchAll = async () => {
    for (const entry of entries) await download(id, within(folder, entry.name), { kind: kindOf(entry), size: entry.size });
  };
  const none = !entries.length;
  return html`<button disabled=${none} onClick=${fetchAll}>Download</button>
    <button disabled=${!one} title=${one || none ? "" : "One at a time"} onClick=${() => askRename(id, folder, one.name, refresh)}>Rename</button>
    <button disabled=${!one} title=${one || none ? "" : "One at a time"} onClick=${() => showDetails(id, within(folder, one.name))}>Details</button>
    <button class="danger" disabled=${none} onClick=${() => askRemove(id, folder, entries, refresh)}>Delete</button>
    <span class="soft">${none ? "Nothing is selected" : `${entries.length} selected`}</span>`;
}

function Folder({ id, path, listing, refresh, take }) {
  const [sought, setSought] = useState("");
  const [order, setOrder] = useState("name");
  const [picked, setPicked] = useState(new Set());
  const { entries, total, cut } = listing;
  useEffect(() => setPicked(new Set()), [listing]);
  const found = entries.filter(({ name }) => shown(name).toLowerCase().includes(sought.toLowerCase())).sort(ORDERS[order][1]);
  const chosen = found.filter(({ name }) => picked.has(name));
  const pick = (name) => setPicked(new Set(picked.has(name) ? [...picked].filter((one) => one !== name) : [...picked, name]));
  const all = chosen.length === found.length && found.length > 0;
  return html`<div class="bar"><${Search} label="Search this folder" value=${sought} onInput=${setSought} />
      <select aria-label="Order" value=${order} onChange=${(event) => setOrder(event.target.value)}>${Object.entries(ORDERS).map(
        ([key, [words]]) => html`<option value=${key} selected=${key === order}>${words}</option>`)}</select>
      <${Chooser} take=${take} /><button onClick=${() => askFolder(id, path, listing, refresh)}>New folder</button>
      <button onClick=${refresh}>Read again</button></div>
    <div class="bar"><button aria-pressed=${all ? "true" : "false"} disabled=${!found.length}
      onClick=${() => setPicked(new Set(all ? [] : found.map(({ name }) => name)))}>All</button>
      <${Selected} id=${id} folder=${path} entries=${chosen} refresh=${refresh} /></div>
    ${entries.length && !found.length ? html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`
      : html`<${Entries} key=${path + order + sought} ...${{ id, folder: path, entries: found, picked, pick }} />`}
    <p class="soft folder-note" role="status">${cut
      ? `The first ${entries.length.toLocaleString("en")} of ${total.toLocaleString("en")} entries. The others have an address all the same: type it above.`
      : `${total} ${total === 1 ? "entry" : "entries"}`}</p>`;
}

/** A path of which only the engine tells. */
function Alone({ id, path, found, why, take, refresh }) {
  return html`${why && html`<p class="soft folder-note">${why} Any path can be looked up, downloaded, and uploaded to.</p>`}
    ${!found ? html`<${Empty} title="Nothing is at ${shown(path)}">Go to another path.<//>`
      : html`<section class="card"><${Details} ...${{ id, path, found }} /></section>
        ${found.kind === "folder" && html`<div class="bar"><${Chooser} take=${take} />
          <button onClick=${() => askFolder(id, path, null, refresh)}>New folder</button></div>`}`}`;
}

/** The link that leads to another path is gone then: the keyboard goes on at the folders' names. */
function useFocus(path) {
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== path) document.getElementById("crumbs").focus({ preventScroll: true });
    before.current = path;
  }, [path]);
}

function Browser({ id, listable }) {
  const path = usePlace();
  const [state, refresh] = useLook(id, path, listable);
  const { listing, found, why, error } = state;
  const open = listing || found?.kind === "folder";
  const take = useCallback((files) => send(id, path, files, listing, refresh), [id, path, listing]);
  useDrop(open ? take : null);
  useFocus(path);
  return html`<div data-path=${shown(path)} data-state=${listing ? "listed" : found ? "found" : error ? "failed" : ""}>
    <${Place} id=${id} path=${path} />
    <${UploadPanel} id=${id} />
    ${error ? html`<${Trouble} error=${error}><div class="buttons"><button onClick=${refresh}>Try again</button></div><//>`
      : listing ? html`<${Folder} key=${path} ...${{ id, path, listing, refresh, take }} />`
      : found !== undefined ? html`<${Alone} ...${{ id, path, found, why, take, refresh }} />`
      : html`<${Waiting} rows=${8} />`}</div>`;
}

export default function Files({ id, container, host }) {
  if (host.data && !may(host.data, "admin")) {
    return html`<${Empty} title="An administrator looks at files">
      Whoever reads and writes a container's files can do all in it. Your certificate has the role ${host.data.role}.<//>`;
  }
  if (!host.data) return html`<${Waiting} rows=${8} />`;
  const { Running, Paused, Restarting } = container.State;
  return html`<${Browser} id=${id} listable=${Running && !Paused && !Restarting} />`;
}
