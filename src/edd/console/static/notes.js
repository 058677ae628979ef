/** Short words about what was done, in a corner, read aloud once and gone by themselves. */

import { plain } from "./format.js";
import { html, render } from "./html.js";
import { style } from "./late.js";

const SECONDS = 6;
const MOST = 4;
let notes = [];

/** Say `words`; `kind` is ok or bad. */
export async function note(words, kind = "ok") {
  await style("overlay.css");
  const one = { words, kind, key: Math.random() };
  draw([...notes, one].slice(-MOST));
  setTimeout(() => draw(notes.filter((each) => each !== one)), SECONDS * 1000);
}

function draw(now) {
  notes = now;
  const all = notes.map(({ words, kind, key }) => html`<p key=${key} class=${kind}>${plain(words)}</p>`);
  render(html`${all}`, document.getElementById("notes"));
}
