/** What a container is. */

import { short } from "../../../format.js";
import { html } from "../../../html.js";
import { Ago, Facts } from "../../../ui.js";

export default function Info({ container }) {
  const pairs = [
    ["Id", html`<code>${short(container.Id)}</code>`],
    ["Created", html`<${Ago} at=${container.Created} />`],
  ];
  return html`<div class="card"><${Facts} pairs=${pairs} /></div>`;
}
