/** Questions before something is lost. */

import { html, render, useEffect, useRef } from "./html.js";
import { style } from "./late.js";

/**
 * Ask `title` and return whether the answer was yes.
 *
 * `loses` says, one sentence each, what will be gone; `action` is the word on the button.
 */
export async function ask(question) {
  await style("overlay.css");
  const place = document.createElement("div");
  document.body.append(place);
  const yes = await new Promise((answer) => {
    render(html`<${Question} ...${question} answer=${answer} />`, place);
  });
  render(null, place);
  place.remove();
  return yes;
}

function Question({ title, loses, action, answer }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} aria-labelledby="question" onClose=${() => answer(false)}>
    <h2 id="question">${title}</h2>
    <ul>${loses.map((loss) => html`<li>${loss}</li>`)}</ul>
    <div class="buttons">
      <button autofocus onClick=${() => answer(false)}>Cancel</button>
      <button class="danger" onClick=${() => answer(true)}>${action}</button>
    </div>
  </dialog>`;
}
