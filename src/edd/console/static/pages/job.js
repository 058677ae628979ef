/** One job: what it was, how it ended, and each step it took. */

import { plain, took } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { Ago, Facts, Failing, JobState, Loaded, Trouble } from "../ui.js";

/** The steps of a job, with the time each one began after the first. */
export function Steps({ steps }) {
  return html`<ol class="steps">${steps.map(
    ({ step, at }) => html`<li key=${step + at}><span>${step}</span>
      <span class="when">+ ${took(steps[0].at, at)}</span></li>`,
  )}</ol>`;
}

/** What a container printed, below a title. */
export function Wrote({ title, words }) {
  return html`<h2>${title}</h2>${words && html`<pre class="wrote" tabindex="0">${plain(words)}</pre>`}`;
}

/** The facts of a job; the room is there before the answer is. */
function facts(job) {
  if (!job) return ["What", "Deployment", "Release", "By", "Began", "Took"].map((name) => [name, "…"]);
  return [
    ["What", job.kind],
    ["Deployment", html`<a href="/deployments/${job.deployment}">${job.deployment}</a>`],
    ["Release", job.release ?? "–"],
    ["By", job.caller],
    ["Began", html`<${Ago} at=${job.started_at} />`],
    ["Took", took(job.started_at, job.finished_at)],
  ];
}

export default function JobPage({ parts: [id] }) {
  const live = useLive(`/v1/jobs/${id}`, 1);
  const steps = useLive(`/v1/jobs/${id}/steps`, 1);
  const job = live.data;
  if (!job && live.error && !live.error.away) {
    return html`<div class="title"><h1>Job ${id}</h1></div><${Trouble} error=${live.error}>
      <p><a href="/jobs">See the jobs that there are</a></p><//>`;
  }
  return html`<div class="title"><h1>Job ${id}</h1>${job && html`<${JobState} job=${job} />`}</div>
    <${Failing} live=${live} />
    <section class="card"><${Facts} pairs=${facts(job)} />
      <p class="said">${job?.detail && plain(job.detail)}</p></section>
    ${job?.log && html`<section class="card"><${Wrote} title="The container's last lines" words=${job.log} /></section>`}
    <section><h2>Steps</h2><div class="card">
      <${Loaded} live=${steps} rows=${5}>${(all) =>
        all.length ? html`<${Steps} steps=${all} />` : html`<p class="soft">It took none.</p>`}<//>
    </div></section>`;
}
