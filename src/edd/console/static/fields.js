/** Fields of forms: a name, what is wrong with what was typed, or else a hint. */

import { html } from "./html.js";

function Field({ id, label, wrong, hint, children }) {
  return html`<div class="field"><label for=${id}>${label}</label>${children}
    ${(wrong || hint) && html`<p id="${id}-said" class=${wrong ? "wrong" : "soft"}>${wrong || hint}</p>`}</div>`;
}

const told = ({ id, wrong, hint }) => ({
  id,
  "aria-invalid": wrong ? "true" : null,
  "aria-describedby": wrong || hint ? `${id}-said` : null,
});

/** A field for one line. */
export function Line({ label, value, set, wrong, hint, id, ...more }) {
  return html`<${Field} ...${{ id, label, wrong, hint }}><input ...${told({ id, wrong, hint })} value=${value}
    autocomplete="off" spellcheck="false" onInput=${(event) => set(event.target.value)} ...${more} /><//>`;
}

/** A field for several lines. */
export function Lines({ label, value, set, wrong, hint, id, ...more }) {
  return html`<${Field} ...${{ id, label, wrong, hint }}><textarea rows="2" ...${told({ id, wrong, hint })} value=${value}
    autocomplete="off" spellcheck="false" onInput=${(event) => set(event.target.value)} ...${more}></textarea><//>`;
}

/** One of several `choices`, which are pairs of a value and its words. */
export function Choice({ label, value, set, choices, wrong, hint, id }) {
  return html`<${Field} ...${{ id, label, wrong, hint }}><select ...${told({ id, wrong, hint })} value=${value}
    onChange=${(event) => set(event.target.value)}>${choices.map(
      ([key, words]) => html`<option value=${key} selected=${key === value}>${words}</option>`,
    )}</select><//>`;
}

/** Yes or no. */
export function Tick({ label, on, set }) {
  return html`<label class="tick"><input type="checkbox" checked=${on} onChange=${(event) => set(event.target.checked)} />
    ${label}</label>`;
}
