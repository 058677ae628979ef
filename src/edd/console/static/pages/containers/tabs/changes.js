/** Changes: what a container has written, against its image. */

import { changesOf, KINDS, MOST_CHANGES } from "../../../changelist.js";
import { count } from "../../../format.js";
import { html, useEffect, useMemo, useState } from "../../../html.js";
import { LongList } from "../../../longlist.js";
import { visible } from "../../../paths.js";
import { Badge, Empty, Search, Trouble, Waiting } from "../../../ui.js";

const TONES = ["warn", "ok", "bad"];

function useChanges(id) {
  const [state, setState] = useState({ turn: 0 });
  useEffect(() => {
    const abort = new AbortController();
    const told = (more) => abort.signal.aborted || setState((all) => ({ ...all, ...more }));
    told({ reading: true, error: null, counted: 0 });
    changesOf(id, abort.signal, (counted) => told({ counted })).then(
      ({ entries, cut }) => told({ entries, cut, reading: false }),
      (error) => told({ error: error.status === undefined ? { message: "The engine's answer broke off." } : error, reading: false }),
    );
    return () => abort.abort();
  }, [id, state.turn]);
  return [state, () => setState((all) => ({ ...all, turn: all.turn + 1 }))];
}

/** The value, once it has stayed for a moment. */
function useSettled(value) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 150);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Kinds({ entries, hidden, toggle }) {
  const counts = useMemo(() => {
    const found = [0, 0, 0];
    for (const { Kind } of entries) found[Kind] += 1;
    return found;
  }, [entries]);
  return KINDS.map((kind, number) => html`<button aria-pressed=${hidden.has(number) ? "false" : "true"}
    onClick=${() => toggle(number)}>${counts[number].toLocaleString("en")} ${kind}</button>`);
}

function Found({ entries, cut, sought, hidden }) {
  const found = useMemo(() => {
    const words = sought.toLowerCase();
    return entries.filter(({ Kind, Path }) => !hidden.has(Kind) && (!words || Path.toLowerCase().includes(words)));
  }, [entries, sought, hidden]);
  const cells = (at) => {
    const { Kind, Path } = found[at];
    return [html`<${Badge} kind=${TONES[Kind] || "off"}>${KINDS[Kind] || "changed"}<//>`, visible(Path)];
  };
  return html`${found.length
    ? html`<${LongList} label="Changes" heads=${["Change", "Path"]} count=${found.length} cells=${cells} about=${found} />`
    : html`<${Empty} title="Nothing matches">Try a shorter word, or press one of the buttons above again.<//>`}
    <p class="soft" role="status">${count(found.length, "change")}${cut ? `; only the first ${MOST_CHANGES.toLocaleString("en")} were read` : ""}</p>`;
}

export default function Changes({ id }) {
  const [state, again] = useChanges(id);
  const [sought, setSought] = useState("");
  const [hidden, setHidden] = useState(new Set());
  const settled = useSettled(sought);
  const toggle = (kind) => setHidden((all) => new Set(all.has(kind) ? [...all].filter((one) => one !== kind) : [...all, kind]));
  const { entries, error, reading, counted, cut } = state;
  return html`<div class="bar"><${Search} label="Search changes" value=${sought} onInput=${setSought} />
      ${entries && html`<${Kinds} ...${{ entries, hidden, toggle }} />`}
      <button disabled=${reading} onClick=${again}>${reading ? "Reading …" : "Read again"}</button></div>
    ${error && html`<${Trouble} error=${error} />`}
    ${!entries
      ? !error && html`<${Waiting} rows=${6} /><p class="soft">${counted ? `${count(counted, "change")} so far …` : "The engine compares the container with its image, and tells nothing else of it meanwhile …"}</p>`
      : entries.length
        ? html`<${Found} ...${{ entries, cut, sought: settled, hidden }} />`
        : html`<${Empty} title="Nothing was changed">All files are as the image has them. What is written to volumes does not count.<//>`}`;
}
