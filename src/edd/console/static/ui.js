/** Pieces that every page is made of. */

import { age, plain } from "./format.js";
import { html } from "./html.js";
import { useClock } from "./live.js";

/** A moment: how long ago, and exactly when on demand. */
export function Ago({ at }) {
  useClock();
  if (!at) return "–";
  return html`<time datetime=${at} title=${new Date(at).toLocaleString()}>${age(at)}</time>`;
}

/** A word with a colour and a mark, so that neither stands alone. `kind`: ok, warn, bad, busy, off. */
export function Badge({ kind, children }) {
  return html`<span class="badge ${kind}">${children}</span>`;
}

/** How a deployment is, in one word. */
export function State({ status }) {
  const [kind, word] = status.job ? ["busy", "changing"] : stateOf(status);
  return html`<${Badge} kind=${kind}>${word}<//>`;
}

/** Return the kind and the word of a deployment's state. */
export function stateOf({ state, health, release, restarts, since }) {
  if (state === "running") {
    if (restarts > 1 && Date.now() - Date.parse(since) < 600_000) return ["bad", "restarting"];
    if (health === "unhealthy") return ["bad", "unhealthy"];
    if (health === "starting") return ["busy", "starting"];
    return ["ok", health === "healthy" ? "healthy" : "running"];
  }
  return release ? ["warn", "stopped"] : ["off", "nothing delivered"];
}

const JOB_KINDS = { running: "busy", succeeded: "ok", failed: "bad", interrupted: "warn" };

/** Where a job stands. */
export function JobState({ job }) {
  return html`<${Badge} kind=${JOB_KINDS[job.state] || "off"}>${job.state}<//>`;
}

/** Why something is not here or did not work, what was kept, and what to do. */
export function Trouble({ error, children }) {
  return html`<div class="trouble" role="alert">
    <strong>${plain(error.message)}</strong>
    ${error.log?.length > 0 &&
    html`<p>The container's last lines:</p><pre tabindex="0">${error.log.map(plain).join("\n")}</pre>`}
    ${error.kept && html`<p>${plain(error.kept)}</p>`}
    ${error.advice && html`<p>${plain(error.advice)}</p>`}
    ${children}
  </div>`;
}

/** The trouble of `live` that is its own. */
export function Failing({ live: { error } }) {
  return error && !error.away && html`<${Trouble} error=${error} />`;
}

/** A place where nothing is yet, and how something comes there. */
export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p><p>${children}</p></div>`;
}

/** Room for what is on its way. */
export function Waiting({ rows = 4 }) {
  return html`<div class="waiting" aria-busy="true" aria-label="Loading">
    ${Array.from({ length: rows }, () => html`<span></span>`)}
  </div>`;
}

/** Show `live` once it has data: its trouble above it, a note where there is nothing. */
export function Loaded({ live, rows, children }) {
  const told = live.error && !live.error.away;
  return html`<${Failing} live=${live} />${
    live.data !== undefined ? children(live.data) : !told && html`<${Waiting} rows=${rows} />`}`;
}

/**
 * A table that becomes cards where there is no room for it.
 *
 * `heads` are the columns' names; each of `rows` has a `key` and its `cells`, of which the first
 * one names the row.
 */
export function Table({ label, heads, rows }) {
  return html`<div class="table"><table aria-label=${label}>
    <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${rows.map(
      ({ key, cells }) => html`<tr key=${key}>${cells.map((cell, at) =>
        at === 0
          ? html`<th scope="row" class=${long(cell)}>${cell}</th>`
          : html`<td data-label=${heads[at]} class=${long(cell)}>${cell}</td>`,
      )}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** A long word may break anywhere, so that the others need not. */
const long = (cell) => (cell?.length > 20 ? "long" : null);

/** The field that `/` leads to. */
export function Search({ label, value, onInput }) {
  return html`<input class="search" type="search" aria-label=${label} placeholder="${label}  ( / )"
    value=${value} onInput=${(event) => onInput(event.target.value)} />`;
}

/** Names and values. */
export function Facts({ pairs }) {
  return html`<dl class="facts">${pairs
    .filter(([, value]) => value !== "" && value != null)
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
