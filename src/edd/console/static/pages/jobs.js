/** Jobs: what the host did, newest first. */

import { html, useState } from "../html.js";
import { took } from "../format.js";
import { useLive } from "../live.js";
import { Ago, Empty, JobState, Loaded, Search, Table } from "../ui.js";

const MOST = 200;

/** A table of jobs; without `names` all are of one deployment. */
export function JobTable({ jobs, names = true }) {
  if (!jobs.length) {
    return html`<${Empty} title="No job yet">Deliveries, starts and stops appear here.<//>`;
  }
  const heads = ["Job", ...(names ? ["Deployment"] : []), "Result", "By", "Began", "Took"];
  return html`<${Table} label="Jobs" heads=${heads} rows=${jobs.map((job) => ({
    key: job.id,
    cells: [
      html`<a href="/jobs/${job.id}">${job.id} ${job.kind}</a>`,
      ...(names ? [html`<a href="/deployments/${job.deployment}">${job.deployment}</a>`] : []),
      html`<${JobState} job=${job} />`,
      job.caller,
      html`<${Ago} at=${job.started_at} />`,
      took(job.started_at, job.finished_at),
    ],
  }))} />`;
}

export default function Jobs() {
  const live = useLive(`/v1/jobs?limit=${MOST}`, 2);
  const [sought, setSought] = useState("");
  const fits = ({ id, kind, deployment, caller, state }) =>
    `${id} ${kind} ${deployment} ${caller} ${state}`.includes(sought.toLowerCase());
  return html`<div class="title"><h1>Jobs</h1></div>
    <div class="bar"><${Search} label="Search jobs" value=${sought} onInput=${setSought} /></div>
    <${Loaded} live=${live} rows=${8}>${(all) => {
      const found = all.filter(fits);
      return html`${all.length && !found.length
        ? html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`
        : html`<${JobTable} jobs=${found} />`}
        ${all.length === MOST && html`<p class="soft">The newest ${MOST} jobs. More: <code>edd jobs --limit 1000</code></p>`}`;
    }}<//>`;
}
