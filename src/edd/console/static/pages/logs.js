/** Log: what a deployment's container writes, as it writes it. */

import { pieces, request } from "../api.js";
import { count } from "../format.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { LogView, MOST_LINES } from "../logview.js";
import { Empty, Trouble } from "../ui.js";

const TAILS = { 500: "last 500 lines", 5000: "last 5,000", [MOST_LINES]: "last 100,000" };
const SPANS = { 0: "of all time", 600: "of 10 minutes", 3600: "of an hour", 86400: "of a day" };

function Choice({ label, choices, value, onChange }) {
  return html`<select aria-label=${label} value=${value} onChange=${(event) => onChange(event.target.value)}>
    ${Object.entries(choices).map(([key, words]) => html`<option value=${key} selected=${key === String(value)}>${words}</option>`)}
  </select>`;
}

function Toggle({ on, set, children }) {
  return html`<button aria-pressed=${on ? "true" : "false"} onClick=${() => set(!on)}>${children}</button>`;
}

function query({ tail, since, follow }) {
  const words = new URLSearchParams({ tail });
  if (follow) words.set("follow", "1");
  if (Number(since)) words.set("since", Math.floor(Date.now() / 1000) - since);
  return words;
}

/** Read the log into `view` until `signal` says so; a link that breaks is tried again. */
async function read(name, asked, view, signal, told) {
  try {
    const answer = await request("GET", `/v1/deployments/${name}/logs?${query(asked)}`, { signal, accept: "text/plain" });
    told({ reading: true });
    for await (const piece of pieces(answer)) await view.add(piece);
    view.end();
    if (!signal.aborted) told({ reading: false });
  } catch (error) {
    view.end();
    if (!signal.aborted) told({ reading: false, error: error.status === undefined ? null : error });
  }
}

/** Return the view of a log, how it stands, and how to read anew; `there` tells of a container. */
function useLog(name, asked, box, there) {
  const view = useRef(null);
  const [state, setState] = useState({ lines: 0, reading: true, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const told = (more) => setState((all) => ({ ...all, ...more }));
    view.current ??= new LogView(box.current, () => told({ lines: view.current.count }));
    view.current.clear();
    told({ lines: 0, error: null, reading: true });
    const abort = new AbortController();
    if (there) read(name, asked, view.current, abort.signal, told);
    return () => abort.abort();
  }, [name, asked.tail, asked.since, asked.follow, turn, there]);
  return [view, state, () => setTurn(turn + 1)];
}

function Find({ view }) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [sought, setSought] = useState("");
  const timer = useRef(0);
  const typed = useRef("");
  const find = (text) => {
    clearTimeout(timer.current);
    view.current.search(text);
    setAt(0);
    setSought(text);
  };
  const seek = (text) => {
    typed.current = text;
    setWords(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(find, 150, text);
  };
  const step = (by) => {
    if (typed.current.toLowerCase() !== view.current.wanted) find(typed.current);
    view.current.follow = false;
    setAt(view.current.step(by));
  };
  const found = view.current?.marks.length;
  return html`<input class="search" type="search" aria-label="Search the log" placeholder="Search the log  ( / )"
      value=${words} onInput=${(event) => seek(event.target.value)}
      onKeyDown=${(event) => event.key === "Enter" && step(event.shiftKey ? 1 : -1)} />
    ${sought && html`<span class="soft" role="status">${at ? `${at.toLocaleString("en")} of ${found.toLocaleString("en")}` : count(found, "line")}</span>
      <button aria-label="Line before" onClick=${() => step(-1)}>↑</button>
      <button aria-label="Next line" onClick=${() => step(1)}>↓</button>`}`;
}

export default function Logs({ name, status }) {
  const box = useRef(null);
  const [asked, setAsked] = useState({ tail: "5000", since: "0", follow: true });
  const [wrap, setWrap] = useState(innerWidth < 760);
  const [paused, setPaused] = useState(false);
  const [away, setAway] = useState(false);
  const [view, state, again] = useLog(name, asked, box, Boolean(status?.container));
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
  const nothing = status && !status.container;
  return html`<div class="bar tools" hidden=${nothing}>
      <${Find} view=${view} />
      <${Choice} label="How many lines" choices=${TAILS} value=${asked.tail} onChange=${(tail) => setAsked({ ...asked, tail })} />
      <${Choice} label="Since when" choices=${SPANS} value=${asked.since} onChange=${(since) => setAsked({ ...asked, since })} />
      <${Toggle} on=${asked.follow} set=${(follow) => setAsked({ ...asked, follow })}>Follow<//>
      <${Toggle} on=${paused} set=${pause}>Pause<//>
      <${Toggle} on=${wrap} set=${setWrap}>Wrap<//>
      <a class="button" href="/v1/deployments/${name}/logs" download="${name}.log">Download</a>
    </div>
    ${nothing && html`<${Empty} title="There is no container yet">Its log appears here once something was delivered.<//>`}
    ${state.error && html`<${Trouble} error=${state.error}><div class="buttons"><button onClick=${again}>Try again</button></div><//>`}
    <div class="logbox" hidden=${nothing}>
      <div class=${wrap ? "log wrap" : "log"} ref=${box} role="log" aria-live="off" tabindex="0" aria-label="Log of ${name}"
        data-lines=${state.lines} onScroll=${scrolled}></div>
      ${away && html`<button class="to-end" onClick=${toEnd}>↓ To the end</button>`}
    </div>
    <p class="soft" hidden=${nothing}>${count(state.lines, "line")}${
      paused ? ", paused" : state.reading && asked.follow ? ", following" : state.reading ? ", reading …" : status?.state === "stopped" ? ", the container is stopped" : ", the end"
    }${!state.reading && asked.follow && !state.error ? html` <button class="quiet" onClick=${again}>Follow again</button>` : ""}</p>`;
}
