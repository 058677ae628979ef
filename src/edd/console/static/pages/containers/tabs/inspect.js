/** All that the engine says of a container. */

import { plain } from "../../../format.js";
import { html } from "../../../html.js";

export default function Inspect({ container }) {
  return html`<pre class="card inspect" tabindex="0">${plain(JSON.stringify(container, null, 2))}</pre>`;
}
