/** How work on images goes, while it does. */

import { plain, size } from "../../format.js";
import { html, useEffect, useRef } from "../../html.js";
import { LogView } from "../../logview.js";
import { Badge, Trouble } from "../../ui.js";
import { forget, useWorks } from "./works.js";

function Sent({ work: { sent, total } }) {
  if (!total) return null;
  return html`<p><progress aria-label="Sent" max=${total} value=${sent}></progress>
    <span class="soft">${size(sent)} of ${size(total)} sent</span></p>`;
}

function Layers({ layers }) {
  if (!layers.size) return null;
  return html`<ul class="layers" aria-label="Layers">${[...layers].map(([id, { status, current = 0, total }]) => html`<li key=${id}>
    <code>${plain(id)}</code><span>${plain(status)}</span>
    ${total > 0 && html`<progress aria-label="Progress of ${plain(id)}" max=${total} value=${current}></progress>`}
    <span class="when">${total > 0 ? `${size(current)} of ${size(total)}` : ""}</span></li>`)}</ul>`;
}

/** What the engine wrote, in its colours. */
function Output({ work }) {
  const box = useRef(null);
  const view = useRef(null);
  useEffect(() => {
    view.current ??= { log: new LogView(box.current, () => {}), fed: 0 };
    const { log, fed } = view.current;
    const lost = work.written - work.text.length;
    log.add(work.text.slice(Math.max(0, fed - lost)));
    view.current.fed = work.written;
    if (work.ended) log.end();
  });
  return html`<div class="log wrap" ref=${box} role="log" aria-live="off" tabindex="0" aria-label="Output"
    onScroll=${() => view.current.log.scrolled()}></div>`;
}

function Ending({ work: { words, problem } }) {
  if (problem) return html`<${Trouble} error=${problem} />`;
  if (!words) return null;
  return html`<p><strong>${plain(words.said)}</strong>${words.href && html` <a href=${words.href}>Look at it</a>`}</p>`;
}

function Panel({ work }) {
  const { what, ended, problem, cancel, logs } = work;
  const kind = !ended ? "busy" : problem ? "bad" : "ok";
  const word = !ended ? "under way" : problem ? "failed" : "done";
  return html`<section class="card" aria-label=${plain(what)} data-state=${word}>
    <div class="title"><h2>${plain(what)}</h2><${Badge} kind=${kind}>${word}<//>
      <div class="buttons">${ended
        ? html`<button class="quiet" onClick=${() => forget(work)}>Close</button>`
        : html`<button class="quiet" onClick=${cancel}>Cancel</button>`}</div></div>
    <${Sent} work=${work} />
    <${Layers} layers=${work.layers} />
    ${logs && html`<${Output} work=${work} />`}
    <div role="status"><${Ending} work=${work} /></div>
  </section>`;
}

/** The panels of all work of this tab. */
export function Works() {
  return useWorks().map((work) => html`<${Panel} key=${work.key} work=${work} />`);
}
