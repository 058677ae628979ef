/** Log: what a container writes, as it writes it. */

import { may } from "../../../host.js";
import { html } from "../../../html.js";
import { style } from "../../../late.js";
import { Panes } from "../../../log/panes.js";
import { containerLog } from "../../../log/sources.js";
import { Empty } from "../../../ui.js";

await style("log.css");

export default function Logs({ id, container, host }) {
  if (host.data && !may(host.data, "deployer")) {
    return html`<${Empty} title="Deployers read logs">
      A container may write secrets into its log. Your certificate has the role ${host.data.role}.<//>`;
  }
  return html`<${Panes} source=${containerLog(id)} stopped=${!container.State?.Running} />`;
}
