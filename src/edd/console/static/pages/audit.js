/** Audit: who asked for what, also what was refused. */

import { may } from "../host.js";
import { html, useState } from "../html.js";
import { useLive } from "../live.js";
import { plain } from "../format.js";
import { Ago, Badge, Empty, Loaded, Search, Table } from "../ui.js";

const MOST = 500;

function Result({ entry }) {
  const kind = entry.status < 400 ? "ok" : entry.status < 500 ? "warn" : "bad";
  const times = entry.times > 1 ? ` × ${entry.times}` : "";
  return html`<${Badge} kind=${kind}>${entry.code || "done"}${times}<//>`;
}

function List({ all, sought }) {
  const fits = ({ caller, action, deployment, code }) =>
    `${caller} ${action} ${deployment} ${code}`.toLowerCase().includes(sought.toLowerCase());
  const found = all.filter(fits);
  if (!found.length) {
    return all.length
      ? html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`
      : html`<${Empty} title="No entry yet">Whatever changes this host is written down here.<//>`;
  }
  return html`<${Table} label="Audit" heads=${["Who", "Asked for", "Deployment", "Result", "When"]}
    rows=${found.map((entry) => ({
      key: entry.id,
      cells: [
        plain(entry.caller),
        entry.action,
        entry.deployment || "–",
        html`<${Result} entry=${entry} />`,
        html`<${Ago} at=${entry.at} />`,
      ],
    }))} />`;
}

export default function Audit({ host }) {
  const allowed = may(host.data, "admin");
  const live = useLive(allowed ? `/v1/audit?limit=${MOST}` : "", 3);
  const [sought, setSought] = useState("");
  return html`<div class="title"><h1>Audit</h1></div>
    ${host.data && !allowed
      ? html`<section><${Empty} title="Administrators read this">
          Your certificate has the role ${host.data.role}. Ask the host's administrator for another.
        <//></section>`
      : html`<div class="bar"><${Search} label="Search audit" value=${sought} onInput=${setSought} /></div>
          <${Loaded} live=${live} rows=${8}>${(all) => html`<${List} all=${all} sought=${sought} />
            ${all.length === MOST && html`<p class="soft">The newest ${MOST} entries. More: <code>edd audit --limit 1000</code></p>`}`}<//>`}`;
}
