/** Where the host is reached from here, for links to the ports that its containers publish. */

import { get } from "../../api.js";
import { html, useEffect, useState } from "../../html.js";
import { portsOf } from "./facts.js";

let asked;

/** Return the host's address, or nothing as long as it is not known. */
export function useAddress() {
  const [address, setAddress] = useState("");
  useEffect(() => {
    // Whoever serves the pages knows; a host that serves them itself is where they are from.
    asked ??= get("/_edd/host").then(({ address: told }) => told, () => location.hostname);
    asked.then(setAddress);
  }, []);
  return address;
}

/** One port: a link where it leads somewhere. */
export function Port({ port: { words, href, why } }) {
  return href
    ? html`<a class="port" href=${href} target="_blank" rel="noopener noreferrer">${words}</a>`
    : html`<span class="port soft" title=${why}>${words}</span>`;
}

/** The ports of one of `GET /containers/json`. */
export function Ports({ container, address, most = 8 }) {
  const all = portsOf(container, address);
  if (!all.length) return "–";
  return html`<span class="ports">${all.slice(0, most).map((port) => html`<${Port} port=${port} /> `)}
    ${all.length > most && html`<span class="soft">and ${all.length - most} more</span>`}</span>`;
}
