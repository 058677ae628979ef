/** Events: what happens at the host's engine, as it happens. */

import { count, plain } from "../../format.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { style } from "../../late.js";
import { Empty, Search, Table, Trouble, Waiting } from "../../ui.js";
import { moment, pageOf } from "./log.js";
import { show } from "./raw.js";
import { useEvents } from "./stream.js";

await style("events.css");
await style("overlay.css");

const SHOWN = 200;
const SPANS = { 900: "of 15 minutes", 3600: "of an hour", 86400: "of a day", 0: "from now on", chosen: "from … to …" };
const COMMON = ["create", "remove", "update"];
const ACTIONS = {
  container: ["attach", "commit", "copy", "create", "destroy", "detach", "die", "exec_create", "exec_detach", "exec_die", "exec_start",
    "export", "health_status", "kill", "oom", "pause", "prune", "rename", "resize", "restart", "start", "stop", "top", "unpause", "update"],
  image: ["delete", "import", "load", "prune", "pull", "push", "save", "tag", "untag"],
  network: ["connect", "create", "destroy", "disconnect", "prune", "remove", "update"],
  volume: ["create", "destroy", "mount", "prune", "unmount"],
  builder: ["prune"],
  daemon: ["reload"],
  plugin: ["disable", "enable", "install", "remove"],
  config: COMMON, secret: COMMON, service: COMMON, node: COMMON,
};

/** What an event says beyond its object: a container's image, an exit code, a signal. */
function more({ type, given, scope }) {
  const words = ["image", "exitCode", "signal", "container", "driver", "oldName"].filter((name) => given[name] && name !== type)
    .map((name) => `${name} ${String(given[name]).slice(0, 64)}`);
  if (scope && scope !== "local") words.push(`scope ${scope}`);
  return words.join(", ");
}

function Subject({ event }) {
  const { id, name } = event;
  const words = plain((name || id.replace(/^sha256:/, "")).slice(0, 80)) || "–";
  const page = pageOf(event);
  return html`<span class="long">${page ? html`<a href=${page}>${words}</a>` : words} <span class="soft">${plain(more(event))}</span></span>`;
}

const GAP = "Some may be missing here: Docker keeps its last 256 events only, and none when it starts anew.";

function row(event) {
  if (event.gap) return { key: event.key, cells: ["–", "", "", html`<span class="soft">${GAP}</span>`, ""] };
  const { key, at, type, action } = event;
  return {
    key,
    cells: [
      html`<time datetime=${new Date(at).toISOString()} title=${new Date(at).toLocaleString()}>${moment(at)}</time>`,
      html`<span class="type">${plain(type)}</span>`,
      html`<span class="long">${plain(action.slice(0, 200))}</span>`,
      html`<${Subject} event=${event} />`,
      html`<button class="quiet" aria-label="JSON of ${plain(type)} ${plain(action.slice(0, 40))}, ${moment(at)}" onClick=${() => show(event)}>Show</button>`,
    ],
  };
}

function List({ events, hidden, sought, state, span }) {
  const [most, setMost] = useState(SHOWN);
  const words = sought.toLowerCase();
  const found = words ? events.filter(({ raw }) => raw?.toLowerCase().includes(words)) : events;
  if (state === "asking") return html`<${Waiting} rows=${8} />`;
  if (!events.length && hidden) {
    return html`<${Empty} title="Nothing happened ${span} but exec">Commands ran in containers, of health checks for the most part:
      “exec” shows them. What else happens appears here.<//>`;
  }
  if (!events.length) {
    return html`<${Empty} title="Nothing happened ${span}">Docker keeps its last 256 events, and none when it starts anew.
      What happens next appears here${state === "whole" ? " once “to” is taken away" : ""}: start a container, or pull an image.<//>`;
  }
  if (!found.length) return html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`;
  return html`<${Table} label="Events" heads=${["When", "Type", "Action", "What", "JSON"]} rows=${found.slice(-most).reverse().map(row)} />
    ${found.length > most && html`<div class="buttons"><button onClick=${() => setMost(most + SHOWN)}>Show ${SHOWN} more of ${found.length - most}</button></div>`}`;
}

function Choice({ label, choices, value, onChange, disabled }) {
  return html`<select aria-label=${label} disabled=${disabled} onChange=${(event) => onChange(event.target.value)}>${Object.entries(choices).map(
    ([key, words]) => html`<option value=${key} selected=${key === String(value)}>${words}</option>`,
  )}</select>`;
}

const named = (words, all) => ({ "": all, ...Object.fromEntries(words.map((word) => [word, word])) });
const seconds = (words) => (words ? Math.floor(new Date(words).getTime() / 1000) : 0);
const ago = (span) => Math.floor(Date.now() / 1000) - Number(span);
/** The moment, in seconds, from which a span begins: what was before now is not “from now on”. */
const begin = (span) => Date.now() / 1000 - Number(span);

/** A moment as such a field has it, in this browser's time. */
function local(at) {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** A field for a moment. It is written to only when another moment is meant: somebody may be typing. */
function Moment({ label, at, now, set }) {
  const field = useRef(null);
  useEffect(() => {
    if (seconds(field.current.value) !== at) field.current.value = at ? local(at * 1000) : "";
  }, [at]);
  return html`<label>${label} <input ref=${field} type="datetime-local" step="1"
      onChange=${(event) => set(seconds(event.target.value))} /></label>
    <button onClick=${() => set(now())} aria-label="${label} now">Now</button>`;
}

function Moments({ asked, ask }) {
  // What ends now has all of this second.
  return html`<div class="bar moments"><${Moment} label="From" at=${asked.from} now=${() => ago(0)} set=${(from) => ask({ from })} />
    <${Moment} label="To" at=${asked.to} now=${() => ago(-1)} set=${(to) => ask({ to })} />
    ${asked.to > 0 && html`<button class="quiet" onClick=${() => ask({ to: 0 })}>No end</button>`}</div>`;
}

const STATES = { asking: "asking …", live: "live", whole: "all of that time", away: "not connected; asking again …" };

function told(known, shown) {
  const hidden = known.length - shown.length;
  return [
    count(shown.length, "event"),
    hidden && `${hidden} of exec left out`,
    known[0]?.key > 1 && "older ones let go of",
    "",
  ].filter((words) => words !== 0 && words !== false).join(", ");
}

export default function Events() {
  const [span, setSpan] = useState("3600");
  const [asked, setAsked] = useState({ type: "", action: "", from: begin(3600), to: 0 });
  const [sought, setSought] = useState("");
  const [inside, setInside] = useState(false);
  const [held, setHeld] = useState(null);
  const [log, { state, error }] = useEvents(asked);
  const refused = error && !error.away;
  const ask = (more) => {
    setHeld(null);
    setAsked({ ...asked, ...more });
  };
  const choose = (key) => {
    setSpan(key);
    if (key !== "chosen") ask({ from: begin(key), to: 0 });
  };
  const known = held?.events || log.current?.events || [];
  // Health checks alone would hide all else.
  const events = inside || asked.action ? known : known.filter(({ action }) => !action?.startsWith("exec_"));
  const waiting = held ? log.current.count - held.count : 0;
  const pause = () => setHeld(held ? null : { events: [...known], count: log.current.count });
  return html`<div class="title"><h1>Events</h1></div>
    <div class="bar"><${Search} label="Search events" value=${sought} onInput=${setSought} />
      <${Choice} label="Type" choices=${named(Object.keys(ACTIONS), "All types")} value=${asked.type} onChange=${(type) => ask({ type, action: "" })} />
      <${Choice} label="Action" choices=${named(ACTIONS[asked.type] || [], "All actions")} value=${asked.action} disabled=${!asked.type} onChange=${(action) => ask({ action })} />
      <${Choice} label="Of which time" choices=${SPANS} value=${span} onChange=${choose} />
      <button aria-pressed=${held ? "true" : "false"} onClick=${pause}>Pause</button>
      <button aria-pressed=${inside ? "true" : "false"} title="What was run in containers, health checks among it" onClick=${() => setInside(!inside)}>exec</button></div>
    ${span === "chosen" && html`<${Moments} asked=${asked} ask=${ask} />`}
    ${refused && html`<${Trouble} error=${error} />`}
    <p class="state soft" data-state=${state}>${told(known, events)}${held ? `paused, ${waiting} more since` : STATES[state]}</p>
    <${List} events=${events} hidden=${known.length - events.length} sought=${sought} state=${refused ? "" : state} span=${SPANS[span]} />`;
}
