/** Controls that the form of a new container is made of. */

import { plain } from "../format.js";
import { html, useEffect, useRef } from "../html.js";
import { isLines, isSwitch } from "./kinds.js";
import { NEEDS_ADMIN } from "./problems.js";
import { split } from "../words.js";

/** A control with its name, and what is wrong with it. `part` is its name in the form. */
export function Part({ part, label, problem, wide, children }) {
  return html`<div class="part ${wide ? "wide" : ""}">
    <label for="part-${part}">${label}</label>
    ${children}
    <${Wrong} part=${part} problem=${problem} />
  </div>`;
}

/** What is wrong with a part, for eyes and ears. */
export function Wrong({ part, problem }) {
  return problem ? html`<p class="wrong" id="wrong-${part}">${plain(problem)}</p>` : null;
}

/** What ties a control to its name and its problem. */
export function tied(part, problem) {
  return {
    id: `part-${part}`,
    "aria-invalid": problem ? "true" : null,
    "aria-describedby": problem ? `wrong-${part}` : null,
  };
}

/** The control of one of `FIELDS`. */
export function Field({ field, form, set, problem, admin, placeholder }) {
  const { name, label, kind, hint, choices } = field;
  const value = form[name];
  const barred = !admin && field.admin && !value;
  const common = { ...tied(name, problem), disabled: barred, title: barred ? `Disabled: ${NEEDS_ADMIN}` : null };
  if (isSwitch(kind)) {
    return html`<div class="part"><label class="check" title=${common.title}>
        <input type="checkbox" ...${common} checked=${value} onChange=${(event) => set(name, event.target.checked)} />
        ${label}</label><${Wrong} part=${name} problem=${problem} /></div>`;
  }
  const told = { ...common, value, placeholder: placeholder || hint, onInput: (event) => set(name, event.target.value) };
  const control = choices
    ? html`<select ...${common} value=${value} onChange=${told.onInput}>${Object.entries(choices).map(
        ([key, words]) => html`<option value=${key} selected=${key === value}>${words}</option>`)}</select>`
    : isLines(kind) ? html`<${Lines} ...${told} />` : html`<input spellcheck=${false} autocomplete="off" ...${told} />`;
  return html`<${Part} part=${name} label=${isLines(kind) ? `${label}, one a line` : label} problem=${problem}>
    ${control}${kind === "words" && html`<${Words} text=${value} />`}<//>`;
}

/** A text of lines that is as high as it needs to be. */
export function Lines(props) {
  const rows = Math.min(10, String(props.value ?? "").split("\n").length);
  return html`<textarea spellcheck=${false} autocomplete="off" rows=${rows} ...${props}></textarea>`;
}

/** The words that a text becomes. */
export function Words({ text }) {
  const { words, doubts, problem } = split(text);
  if (problem || !words.length) return null;
  return html`<ol class="words" aria-label="The words that it becomes">${words.map(
      (word) => html`<li><code>${plain(word) || " "}</code></li>`)}</ol>
    ${doubts.length > 0 && html`<p class="soft">${doubts.map((one) => html`<code>${plain(one)}</code> `)}
      as written: only a shell in the container makes more of it, with <code>sh -c '…'</code></p>`}`;
}

/**
 * Rows that can be added and removed.
 *
 * `draw(row, change)` makes the controls of one; `fresh` is a new one; `one` and `several` are what
 * they are called.
 */
export function Rows({ part, label, one, rows, set, fresh, draw, problem, disabled, children }) {
  const place = useRef(null);
  const moved = useRef(false);
  useEffect(() => {
    const last = [...place.current.querySelectorAll(".row")].at(-1) ?? place.current;
    if (moved.current) last.querySelector("input, .adders button")?.focus();
    moved.current = false;
  }, [rows.length]);
  const change = (at) => (more) => set(part, rows.map((row, each) => (each === at ? { ...row, ...more } : row)));
  const remove = (at) => {
    moved.current = true;
    set(part, rows.filter((_, each) => each !== at));
  };
  const add = () => {
    moved.current = true;
    set(part, [...rows, { ...fresh }]);
  };
  return html`<fieldset class="part wide" id="part-${part}" tabindex="-1" ref=${place}>
    <legend>${label}</legend>
    ${rows.map((row, at) => html`<div class="row" key=${at}>${draw(row, change(at), at)}
      <button type="button" class="quiet" aria-label="Remove ${one} (${at + 1})" onClick=${() => remove(at)}>×</button></div>`)}
    <${Wrong} part=${part} problem=${problem} />
    <div class="adders"><button type="button" disabled=${disabled} title=${disabled || null} onClick=${add}>Add ${one}</button>${children}</div>
  </fieldset>`;
}

/** A small control of a row, with its name inside. */
export function Cell({ label, value, onInput, list, wide, disabled }) {
  return html`<input class=${wide ? "cell grow" : "cell"} aria-label=${label} placeholder=${label} value=${value} list=${list}
    disabled=${Boolean(disabled)} title=${disabled || null} spellcheck=${false} autocomplete="off" onInput=${(event) => onInput(event.target.value)} />`;
}

/** A choice of a row. */
export function Pick({ label, value, choices, onPick }) {
  return html`<select aria-label=${label} value=${value} onChange=${(event) => onPick(event.target.value)}>
    ${choices.map((one) => html`<option value=${one} selected=${one === value}>${one}</option>`)}</select>`;
}
