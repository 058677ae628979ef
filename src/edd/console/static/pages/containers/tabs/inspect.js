/** All that the engine says of a container, to be searched and saved. */

import { count, plain } from "../../../format.js";
import { html, useEffect, useRef, useState } from "../../../html.js";
import { Search } from "../../../ui.js";

const MOST = 1000;

/** Return `text` as pieces: every second one is a place where `words` stand, whatever their case. */
export function pieces(text, words) {
  const sought = words.toLowerCase();
  const lower = text.toLowerCase();
  const found = [];
  let at = 0;
  // A letter whose small form is longer would shift all that follows.
  while (sought && lower.length === text.length && found.length < 2 * MOST) {
    const next = lower.indexOf(sought, at);
    if (next < 0) break;
    found.push(text.slice(at, next), text.slice(next, next + words.length));
    at = next + words.length;
  }
  return [...found, text.slice(at)];
}

export default function Inspect({ id, container }) {
  const [sought, setSought] = useState("");
  const [here, setHere] = useState(0);
  const box = useRef(null);
  const parts = pieces(plain(JSON.stringify(container, null, 2)), sought);
  const most = (parts.length - 1) / 2;
  const step = (by) => most && setHere((here + by + most) % most);
  useEffect(() => {
    const mark = box.current.querySelector("mark.here");
    if (mark) box.current.scrollTop += mark.getBoundingClientRect().top - box.current.getBoundingClientRect().top - 120;
  }, [sought, here]);
  return html`<div class="bar" onKeyDown=${(event) => event.key === "Enter" && event.target.type === "search" && step(event.shiftKey ? -1 : 1)}>
      <${Search} label="Search what is said" value=${sought} onInput=${(words) => { setSought(words); setHere(0); }} />
      <a class="button" href="/docker/containers/${encodeURIComponent(id)}/json" download="${container.Name.slice(1)}.json">Download</a>
      ${sought && html`<button aria-label="Place before" onClick=${() => step(-1)}>↑</button>
        <button aria-label="Next place" onClick=${() => step(1)}>↓</button>
        <span class="soft" role="status">${most ? `${here + 1} of ${count(most, "place")}${most === MOST ? " or more" : ""}` : "Not there"}</span>`}</div>
    <pre class="card inspect" tabindex="0" ref=${box} aria-label="What the engine says">${parts.map((part, at) =>
      at % 2 ? html`<mark class=${at === 2 * here + 1 ? "here" : ""}>${part}</mark>` : part)}</pre>`;
}
