/** An event as the engine told it. */

import { plain } from "../../format.js";
import { html, render, useEffect, useRef, useState } from "../../html.js";
import { setOut } from "./log.js";

/** Show an event's JSON in a dialog. */
export function show({ raw }) {
  const place = document.createElement("div");
  document.querySelector(".shell").append(place);
  const close = () => {
    render(null, place);
    place.remove();
  };
  render(html`<${Raw} text=${setOut(raw)} close=${close} />`, place);
}

function Raw({ text, close }) {
  const dialog = useRef(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => dialog.current.showModal(), []);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {});
  return html`<dialog class="raw" ref=${dialog} aria-labelledby="raw" onClose=${close}>
    <h2 id="raw">As Docker told it</h2><pre tabindex="0">${plain(text)}</pre>
    <div class="buttons"><button onClick=${copy}>${copied ? "Copied" : "Copy"}</button>
      <button autofocus onClick=${() => dialog.current.close()}>Close</button></div></dialog>`;
}
