/** How a delivery goes, while it does. */

import { forget } from "./deliveries.js";
import { plain, size, took } from "./format.js";
import { html } from "./html.js";
import { Badge, Trouble } from "./ui.js";

function Sent({ delivery }) {
  const { sent, total, steps, cancel } = delivery;
  if (!total) return null;
  return html`<p><progress aria-label="Sent" max=${total} value=${sent}></progress>
    <span class="soft">${size(sent)} of ${size(total)} sent</span>
    ${cancel && steps.length === 0 && html` <button class="quiet" onClick=${() => {
      delivery.cancelled = true;
      cancel();
    }}>Cancel</button>`}</p>`;
}

function Ending({ delivery: { outcome, problem } }) {
  if (problem) return html`<${Trouble} error=${problem} />`;
  if (!outcome) return null;
  const away = outcome.downtime ? `; away for ${outcome.downtime.toFixed(1)} s` : "";
  const health = ["none", "unknown"].includes(outcome.health) ? "" : `, ${outcome.health}`;
  const words = outcome.outcome === "unchanged"
    ? plain(outcome.message)
    : `Release ${outcome.release} serves (${outcome.state}${health})${away}.`;
  return html`<p><strong>${words}</strong></p>`;
}

/** The panel of one delivery: bytes sent, steps, and how it ended. */
export function DeliveryPanel({ delivery }) {
  const { what, steps, ended, problem, name } = delivery;
  const kind = !ended ? "busy" : problem ? "bad" : "ok";
  const word = !ended ? "under way" : problem ? "failed" : "done";
  return html`<section class="card" aria-label="Delivery" data-state=${word}>
    <div class="title"><h2>${plain(what)}</h2><${Badge} kind=${kind}>${word}<//>
      ${ended && html`<div class="buttons"><button class="quiet" onClick=${() => forget(name)}>Close</button></div>`}
    </div>
    <${Sent} delivery=${delivery} />
    <ol class="steps">${steps.map(({ step, message, done, total, at }) => html`<li key=${step}>
      <span>${plain(message || step)}</span>
      <span class="when">${total ? `${size(done)} of ${size(total)}` : `+ ${took(steps[0].at, at)}`}</span></li>`)}</ol>
    <div role="status"><${Ending} delivery=${delivery} /></div>
  </section>`;
}
