/** Log: what a deployment's container writes, as it writes it. */

import { html } from "../html.js";
import { Panes } from "../log/panes.js";
import { deploymentLog } from "../log/sources.js";

export default function Logs({ name, status }) {
  return html`<${Panes} source=${deploymentLog(name)} there=${Boolean(status?.container)}
    nothing=${status && !status.container} stopped=${status?.state === "stopped"} />`;
}
