/** Containers: all of them, as they are now, and what can be done to several at once. */

import { useEngine } from "../../engine.js";
import { may } from "../../host.js";
import { html, useState } from "../../html.js";
import { style } from "../../late.js";
import { useLive } from "../../live.js";
import { Empty, Loaded, Search, Table } from "../../ui.js";
import { useAddress } from "./address.js";
import { Bulk } from "./bulk.js";
import { nameOf, ownerOf, seek } from "./facts.js";
import { Prune } from "./prune.js";
import { HEADS, rowOf } from "./rows.js";
import { Chips, choose } from "./chips.js";

await Promise.all([style("detail.css"), style("containers.css")]);

const ORDERS = {
  newest: ["Newest first", () => 0],
  name: ["By name", (one, other) => nameOf(one).localeCompare(nameOf(other))],
  state: ["By state", (one, other) => one.State.localeCompare(other.State)],
  image: ["By image", (one, other) => one.Image.localeCompare(other.Image)],
};

const MOST_ROWS = 500;

function None({ all, clear }) {
  if (!all.length) {
    return html`<${Empty} title="This host has no container">
      Deliver an image to a <a href="/deployments">deployment</a>, or <a href="/containers/new">create</a> a container.
    <//>`;
  }
  return html`<${Empty} title="No container is like that">
    <button onClick=${clear}>Show all ${all.length}</button><//>`;
}

/** The rows that are ticked; a container that is gone is not. */
function useTicks(all) {
  const [ticked, setTicked] = useState(new Set());
  const tick = (ids, on) => {
    const now = new Set(ticked);
    ids.forEach((id) => (on ? now.add(id) : now.delete(id)));
    setTicked(now);
  };
  return [all.filter(({ Id }) => ticked.has(Id)), tick];
}

function List({ all, host, deployments, refresh, found, clear }) {
  const address = useAddress();
  const [ticked, tick] = useTicks(all);
  const shared = { host, address, tick, owner: (one) => ownerOf(nameOf(one), one.Labels, deployments) };
  const ids = new Set(ticked.map(({ Id }) => Id));
  const shown = found.slice(0, MOST_ROWS);
  return html`<${Bulk} ...${shared} shown=${shown} ticked=${ticked} refresh=${refresh} />
    ${found.length
      ? html`<div class="containers"><${Table} label="Containers" heads=${HEADS}
          rows=${shown.map((one) => rowOf(one, { ...shared, ticked: ids.has(one.Id) }))} /></div>`
      : html`<${None} all=${all} clear=${clear} />`}
    ${found.length > MOST_ROWS && html`<p class="soft">These are ${MOST_ROWS} of ${found.length}: search for the others.</p>`}`;
}

export default function Containers({ host }) {
  const live = useEngine("/containers/json?all=1", 3);
  const deployments = useLive("/v1/deployments", 5);
  const [sought, setSought] = useState("");
  const [chip, setChip] = useState("");
  const [order, setOrder] = useState("newest");
  const all = live.data || [];
  const like = seek(all, sought);
  const found = choose(like, chip).sort(ORDERS[order][1]);
  const clear = () => {
    setSought("");
    setChip("");
  };
  return html`<div class="title"><h1>Containers</h1><div class="buttons">
      <${Prune} host=${host} refresh=${live.refresh} />
      ${(!host.data || may(host.data, "deployer")) && html`<a class="button primary" href="/containers/new">Create</a>`}</div></div>
    <div class="bar"><${Search} label="Search containers" value=${sought} onInput=${setSought} />
      <select aria-label="Order" value=${order} onChange=${(event) => setOrder(event.target.value)}>
        ${Object.entries(ORDERS).map(([name, [words]]) => html`<option value=${name}>${words}</option>`)}</select>
      <${Chips} all=${like} chosen=${chip} choose=${setChip} /></div>
    <${Loaded} live=${deployments.data || deployments.error ? live : {}} rows=${8}>${() =>
      html`<${List} ...${{ all, host, found, clear }} deployments=${deployments.data} refresh=${live.refresh} />`}<//>`;
}
