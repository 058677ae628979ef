/** One log: what is shown of it, and the bar above it. */

import { count } from "../format.js";
import { html, useLayoutEffect, useRef, useState } from "../html.js";
import { MOST_LINES } from "../logview.js";
import { note } from "../notes.js";
import { Empty, Trouble } from "../ui.js";
import { Find } from "./find.js";
import { BETWEEN, useLog, wishOf } from "./reading.js";
import { fieldOf } from "./times.js";

const TAILS = { 500: "last 500 lines", 5000: "last 5,000", [MOST_LINES]: "last 100,000" };
const SPANS = { 0: "of all time", 600: "of 10 minutes", 3600: "of an hour", 86400: "of a day", [BETWEEN]: "between …" };
const TIMES = { "": "no times", local: "local times", written: "as written" };
const HOUR = 3600;

function Choice({ label, choices, value, onChange }) {
  return html`<select aria-label=${label} value=${value} onChange=${(event) => onChange(event.target.value)}>
    ${Object.entries(choices).map(([key, words]) => html`<option value=${key} selected=${key === String(value)}>${words}</option>`)}
  </select>`;
}

function Toggle({ on, set, label, children }) {
  return html`<button aria-label=${label} aria-pressed=${on ? "true" : "false"} onClick=${() => set(!on)}>${children}</button>`;
}

function Between({ chosen, change }) {
  const field = (name, label) => html`<input type="datetime-local" aria-label=${label} value=${chosen[name]}
    onChange=${(event) => change({ [name]: event.target.value })} />`;
  return html`<span class="between">${field("from", "Since")} and ${field("to", "Until")}</span>`;
}

/** Where a log has frames, the page takes them out before it is saved. */
function Download({ source, chosen }) {
  const [busy, setBusy] = useState(false);
  const name = `${source.name}.log`;
  if (!source.saved) return html`<a class="button" href=${source.file(wishOf(chosen))} download=${name}>Download</a>`;
  const press = async () => {
    setBusy(true);
    try {
      const { blob, cut } = await source.saved(wishOf(chosen));
      save(blob, name);
      if (cut) note("The log is too long for a page: what is saved is its beginning. Take the rest with edd docker logs.", "bad");
    } catch (problem) {
      note(`${problem.message} Nothing was saved.`, "bad");
    }
    setBusy(false);
  };
  return html`<button disabled=${busy} onClick=${press}>${busy ? "Downloading …" : "Download"}</button>`;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function where(state, chosen, paused, stopped) {
  if (paused) return ", paused";
  if (state.reading) return chosen.follow ? ", following" : ", reading …";
  return stopped ? ", the container is stopped" : ", the end";
}

/**
 * The log of `source`; `children` go into its bar. `there` says that it may be read, `nothing` that there
 * is none yet, `stopped` that no more is to come.
 */
export function LogPane({ source, there = true, nothing = false, stopped, children }) {
  const box = useRef(null);
  const [chosen, setChosen] = useState({ tail: "5000", span: "0", from: "", to: "", times: "", follow: true });
  const [wrap, setWrap] = useState(innerWidth < 760);
  const [paused, setPaused] = useState(false);
  const [away, setAway] = useState(false);
  const [view, state, again] = useLog(source, chosen, box, there);
  const change = (more) => setChosen({ ...chosen, ...more });
  const span = (next) => change(next === BETWEEN ? { span: next, from: fieldOf(HOUR), to: "" } : { span: next });
  const pause = (on) => {
    setPaused(on);
    view.current.pause(on);
  };
  const scrolled = () => {
    view.current.scrolled();
    setAway(!view.current.follow);
  };
  const toEnd = () => {
    view.current.follow = true;
    view.current.toEnd();
  };
  useLayoutEffect(() => view.current?.toEnd(), [wrap]);
  return html`<div class="bar tools" hidden=${nothing}>
      <${Find} view=${view} />
      <${Choice} label="How many lines" choices=${TAILS} value=${chosen.tail} onChange=${(tail) => change({ tail })} />
      <${Choice} label="Since when" choices=${SPANS} value=${chosen.span} onChange=${span} />
      ${chosen.span === BETWEEN && html`<${Between} chosen=${chosen} change=${change} />`}
      <${Choice} label="Times" choices=${TIMES} value=${chosen.times} onChange=${(times) => change({ times })} />
      <span class="break"></span>
      <${Toggle} on=${chosen.follow} set=${(follow) => change({ follow })}>Follow<//>
      <${Toggle} on=${paused} set=${pause} label="Pause the log">Pause<//>
      <${Toggle} on=${wrap} set=${setWrap}>Wrap<//>
      <${Download} source=${source} chosen=${chosen} />
      ${children}
    </div>
    ${nothing && html`<${Empty} title="There is no container yet">Its log appears here once something was delivered.<//>`}
    ${state.error && html`<${Trouble} error=${state.error}><div class="buttons"><button onClick=${again}>Try again</button></div><//>`}
    <div class="logbox" hidden=${nothing}>
      <div class=${wrap ? "log wrap" : "log"} ref=${box} role="log" aria-live="off" tabindex="0" aria-label="Log of ${source.name}"
        data-lines=${state.lines} onScroll=${scrolled}></div>
      ${away && html`<button class="to-end" onClick=${toEnd}>↓ To the end</button>`}
    </div>
    <p class="soft" hidden=${nothing}>${count(state.lines, "line")}${where(state, chosen, paused, stopped)}${
      !state.reading && chosen.follow && !state.error ? html` <button class="quiet" onClick=${again}>Follow again</button>` : ""}</p>`;
}
