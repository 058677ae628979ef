/** Keys that a phone's keyboard lacks. */

import { html, useEffect, useState } from "../html.js";

const KEYS = [
  ["Esc", "Escape", () => "\x1b"],
  ["Tab", "Tab", () => "\t"],
  ["←", "Left", (screen) => screen.arrow("D")],
  ["↑", "Up", (screen) => screen.arrow("A")],
  ["↓", "Down", (screen) => screen.arrow("B")],
  ["→", "Right", (screen) => screen.arrow("C")],
];

/** A row of keys for `screen`; Ctrl holds for the next letter. */
export function Keys({ screen }) {
  const [control, setControl] = useState(false);
  useEffect(() => setControl(false), [screen]);
  // The keyboard on the screen stays as long as the terminal keeps the focus.
  const keep = (event) => event.preventDefault();
  const hold = () => {
    setControl(!control);
    screen.holdControl(!control, () => setControl(false));
  };
  return html`<div class="keys" role="toolbar" aria-label="Keys" onPointerDown=${keep} onMouseDown=${keep}>
    <button aria-pressed=${control ? "true" : "false"} onClick=${hold}>Ctrl</button>
    ${KEYS.map(([sign, name, input]) => html`<button aria-label=${name} onClick=${() => screen.type(input(screen))}>${sign}</button>`)}
  </div>`;
}
