/** Questions before something is lost. */

import { plain } from "./format.js";
import { html, render, useEffect, useRef, useState } from "./html.js";
import { style } from "./late.js";

const asked = new Set();
const SOON = 50;

// Where the keyboard was last. A button is often disabled, and loses it, before it is asked about.
let last = null;
addEventListener("focusin", ({ target }) => target.closest("dialog") || (last = target));

/**
 * Ask `title` and return whether the answer was yes: `false`, `"yes"`, or `"more"`.
 *
 * `loses` says, one sentence each, what will be gone; `action` is the word on the button. `typed`
 * is a name that has to be typed first. `more` offers to do more than that: its `words` stand
 * beside a box to tick, and its own `typed` holds when it is ticked. All words are shown as
 * `plain` does. A question that is open already is not asked twice: the second answer is no.
 */
export async function ask(question) {
  if (asked.has(question.title)) return false;
  asked.add(question.title);
  await style("overlay.css");
  const place = document.createElement("div");
  document.body.append(place);
  const yes = await new Promise((answer) => {
    render(html`<${Question} ...${question} answer=${answer} />`, place);
  });
  render(null, place);
  place.remove();
  asked.delete(question.title);
  setTimeout(() => document.activeElement === document.body && last?.focus(), SOON);
  return yes;
}

function Question({ title, loses, action, typed = "", more, answer }) {
  const dialog = useRef(null);
  const [ticked, setTicked] = useState(false);
  const [words, setWords] = useState("");
  const wanted = (ticked && more.typed) || typed;
  const sure = !wanted || words.trim() === plain(wanted);
  const say = () => sure && answer(ticked ? "more" : "yes");
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} aria-labelledby="question" onClose=${() => answer(false)}>
    <h2 id="question">${plain(title)}</h2>
    <ul>${loses.map((loss) => html`<li>${plain(loss)}</li>`)}</ul>
    ${more && html`<label class="more"><input type="checkbox" checked=${ticked}
      onChange=${(event) => setTicked(event.target.checked)} /> ${plain(more.words)}</label>`}
    ${wanted && html`<label>Type <code>${plain(wanted)}</code> to confirm
      <input autocomplete="off" spellcheck=${false} value=${words} onInput=${(event) => setWords(event.target.value)}
        onKeyDown=${(event) => event.key === "Enter" && say()} /></label>`}
    <div class="buttons">
      <button autofocus onClick=${() => answer(false)}>Cancel</button>
      <button class="danger" disabled=${!sure} onClick=${say}>${action}</button>
    </div>
  </dialog>`;
}
