/** Searching a log. */

import { count } from "../format.js";
import { html, useRef, useState } from "../html.js";

/** A field that marks lines of `view` and goes from one to the next. */
export function Find({ view }) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [sought, setSought] = useState("");
  const timer = useRef(0);
  const typed = useRef("");
  const find = (text) => {
    clearTimeout(timer.current);
    view.current.search(text);
    setAt(0);
    setSought(text);
  };
  const seek = (text) => {
    typed.current = text;
    setWords(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(find, 150, text);
  };
  const step = (by) => {
    if (typed.current.toLowerCase() !== view.current.wanted) find(typed.current);
    view.current.follow = false;
    setAt(view.current.step(by));
  };
  const found = view.current?.marks.length;
  return html`<input class="search" type="search" aria-label="Search the log" placeholder="Search the log  ( / )"
      value=${words} onInput=${(event) => seek(event.target.value)}
      onKeyDown=${(event) => event.key === "Enter" && step(event.shiftKey ? 1 : -1)} />
    ${sought && html`<span class="soft" role="status">${at ? `${at.toLocaleString("en")} of ${found.toLocaleString("en")}` : count(found, "line")}</span>
      <button aria-label="Line before" onClick=${() => step(-1)}>↑</button>
      <button aria-label="Next line" onClick=${() => step(1)}>↓</button>`}`;
}
