/** Deployments: all of them, as they are now. */

import { short } from "../format.js";
import { html, useState } from "../html.js";
import { useLive } from "../live.js";
import { Ago, Empty, Loaded, Search, State, Table } from "../ui.js";

function List({ all, sought }) {
  if (!all.length) {
    return html`<${Empty} title="No deployment is configured, or none that you may see">
      The host's administrator adds one to <code>/etc/edd/config.toml</code> and runs
      <code>edd reload</code>.
    <//>`;
  }
  const found = all.filter(({ name, image }) => `${name} ${image}`.includes(sought.toLowerCase()));
  if (!found.length) return html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`;
  return html`<${Table} label="Deployments" heads=${["Name", "State", "Release", "Image", "Since"]}
    rows=${found.map((one) => ({
      key: one.name,
      cells: [
        html`<a href="/deployments/${one.name}">${one.name}</a>`,
        html`<${State} status=${one} />`,
        one.release ?? "–",
        one.image ? html`<code>${short(one.image)}</code>` : "–",
        html`<${Ago} at=${one.since} />`,
      ],
    }))} />`;
}

export default function Deployments() {
  const live = useLive("/v1/deployments", 2);
  const [sought, setSought] = useState("");
  return html`<div class="title"><h1>Deployments</h1></div>
    <div class="bar"><${Search} label="Search deployments" value=${sought} onInput=${setSought} /></div>
    <${Loaded} live=${live} rows=${5}>${(all) => html`<${List} all=${all} sought=${sought} />`}<//>`;
}
