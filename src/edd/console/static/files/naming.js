/** A question that is answered with a name. */

import { html, render, useEffect, useRef, useState } from "../html.js";
import { style } from "../late.js";
import { Trouble } from "../ui.js";

/** Ask for a name until `perform(name)` throws no `Problem` with it, or the question is cancelled. */
export async function askName(question) {
  await style("overlay.css");
  const place = document.createElement("div");
  document.body.append(place);
  await new Promise((close) => {
    render(html`<${Question} ...${question} close=${close} />`, place);
  });
  place.firstChild.close();
  render(null, place);
  place.remove();
}

function Question({ title, label, value = "", action, perform, close }) {
  const dialog = useRef(null);
  const [name, setName] = useState(value);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    dialog.current.showModal();
    dialog.current.querySelector("input").select();
  }, []);
  const sent = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await perform(name);
      close();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return html`<dialog ref=${dialog} aria-labelledby="naming" onClose=${close}>
    <form onSubmit=${sent}><h2 id="naming">${title}</h2>
      <label>${label}<input autofocus autocomplete="off" spellcheck=${false} required maxlength="255" value=${name}
        onInput=${(event) => setName(event.target.value)} /></label>
      ${problem && html`<${Trouble} error=${problem} />`}
      <div class="buttons"><button type="button" onClick=${close}>Cancel</button>
        <button class="primary" disabled=${busy || !name}>${busy ? "…" : action}</button></div></form>
  </dialog>`;
}
