/** Where the host is reached from here, for links to the ports that its containers publish. */

import { get } from "../../api.js";
import { html, useEffect, useState } from "../../html.js";
import { portsOf } from "./facts.js";

let asked;

/** The command `edd console` has a name of its own; a host that serves the pages itself has its own. */
async function askAddress() {
  if (!location.hostname.endsWith(".localhost")) return location.hostname.replace(/^\[|\]$/g, "");
  return get("/_edd/host").then(({ address }) => address, () => "");
}

/** Return the host's address, or nothing as long as it is not known. */
export function useAddress() {
  const [address, setAddress] = useState("");
  useEffect(() => {
    asked ??= askAddress();
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
