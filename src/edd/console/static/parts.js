/** Pieces of the pages about what an engine has: networks, volumes and their like. */

import { plain } from "./format.js";
import { may } from "./host.js";
import { html, useState } from "./html.js";
import { style } from "./late.js";

await Promise.all([style("detail.css"), style("parts.css")]);

const MOST = 5;

/** Return words for a list that may be long: `a, b and 30 more`. */
export function some(words, most = 12) {
  const more = words.length - most;
  return words.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Why the caller may change nothing of this host's engine; nothing if it may. */
export function whyNot(info) {
  if (!info) return "It is not known yet what your certificate may do";
  if (!may(info, "admin")) return `It needs the role admin; your certificate has ${info.role}`;
  const { gateway = "on" } = info.settings ?? {};
  return gateway === "on" ? "" : "This host's configuration lets its engine be read only (gateway)";
}

/** A button that says why it cannot be pressed, where there is a reason. */
export function Act({ why, busy, danger, primary, onClick, children, ...more }) {
  return html`<button class=${danger ? "danger" : primary ? "primary" : ""} disabled=${Boolean(why || busy)}
    title=${why || null} onClick=${onClick} ...${more}>${busy ? "…" : children}</button>`;
}

/** A few of many pieces, one below the other, and how many there are more. */
export function Few({ items, most = MOST, none = "–" }) {
  if (!items.length) return none;
  const more = items.length - most;
  return html`<ul class="few">${items.slice(0, most).map((item) => html`<li>${item}</li>`)}
    ${more > 0 && html`<li class="soft">and ${more} more</li>`}</ul>`;
}

/** Labels or options, as `name=value`; long ones are shortened, and whole on demand. */
export function Labels({ all, most = 3 }) {
  const items = Object.entries(all ?? {}).map(([name, value]) => {
    const words = plain(value === "" ? name : `${name}=${value}`);
    return html`<code class="label" title=${words}>${words}</code>`;
  });
  return html`<${Few} items=${items} most=${most} />`;
}

/** Links to containers. */
export function Containers({ all, most }) {
  const items = all.map(({ id, name, runs }) =>
    html`<a href="/containers/${id.slice(0, 12)}">${plain(name)}</a>${runs === false && html` <span class="soft">stopped</span>`}`,
  );
  return html`<${Few} items=${items} most=${most} />`;
}

/** Names and values that others gave, each on a line. */
export function Given({ title, all }) {
  const found = Object.entries(all ?? {});
  if (!found.length) return null;
  return html`<section><h2>${title}</h2><dl class="card given">${found.map(
    ([name, value]) => html`<div><dt><code>${plain(name)}</code></dt><dd><code>${plain(value)}</code></dd></div>`,
  )}</dl></section>`;
}

/** All that the engine says, as it says it, once that is asked for. */
export function Inspect({ data, title = "Inspect" }) {
  const [open, setOpen] = useState(false);
  return html`<section><details class="card" onToggle=${(event) => setOpen(event.target.open)}><summary>${title}</summary>
    ${open && html`<pre class="json" tabindex="0" role="region" aria-label="What the engine says">${plain(JSON.stringify(data, null, 2))}</pre>`}
  </details></section>`;
}
