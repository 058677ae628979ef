/** Overview: is all well here, and what happened last. */

import { count, plain, size, span } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { Ago, Badge, Empty, Failing, JobState, Loaded, State, stateOf, Table, Waiting } from "../ui.js";

const DELIVERIES = /load|pull|rollback|apply/;

function Tile({ name, value, children }) {
  return html`<div class="tile"><h2>${name}</h2><p class="value">${value}</p>
    <div class="more">${children}</div></div>`;
}

/** The host in four numbers; their room is there before they are. */
function Tiles({ info, deployments }) {
  const sick = deployments.filter((one) => stateOf(one)[0] === "bad");
  const { engine, disk_total: total, disk_free: free } = info || {};
  const told = (words) => (info ? words : "…");
  const health = sick.length ? `${sick.length} unhealthy` : "No complaint";
  return html`<div class="tiles">
    <${Tile} name="Deployments" value=${told(`${info?.running} running`)}>
      <a href="/deployments">of ${told(info?.deployments)}</a>
    <//>
    <${Tile} name="Health" value=${told(health)}>
      ${sick.map(({ name }) => html`<a href="/deployments/${name}">${name}</a> `)}
      ${sick.length === 0 && "by health checks"}
    <//>
    <${Tile} name="Docker's disk" value=${told(`${size(free || 0)} free`)}>
      <meter aria-label="Disk in use" min="0" max=${total || 1} value=${info ? total - free : 0}
        high=${(total || 1) * 0.9}></meter> of ${told(size(total || 0))}
    <//>
    <${Tile} name="Docker" value=${told(engine ? engine.version.split("+")[0] : "not reachable")}>
      ${engine ? `${engine.os}/${engine.architecture}` : "…"}
    <//>
  </div>`;
}

/** Return the newest delivery of a deployment if it failed. */
function failure({ name }, jobs) {
  const last = jobs.find((job) => job.deployment === name && DELIVERIES.test(job.kind));
  return ["failed", "interrupted"].includes(last?.state) ? last : null;
}

/** Tell whether a deployment's container ended, and nobody stopped it. */
function ended({ state, desired, job }) {
  return state === "stopped" && desired === "running" && !job;
}

/** Return what somebody should look at, most urgent first. */
function concerns(info, deployments, checks, jobs) {
  const found = deployments
    .filter((one) => stateOf(one)[0] === "bad")
    .map((one) => ["bad", html`<a href="/deployments/${one.name}">${one.name}</a> is ${stateOf(one)[1]}.`,
      html`Read its <a href="/deployments/${one.name}/logs">log</a>, or roll it back.`]);
  for (const one of deployments) {
    const job = failure(one, jobs);
    if (job) {
      const how = job.state === "failed" ? "failed" : "was interrupted";
      found.push(["warn", html`The <a href="/jobs/${job.id}">last delivery</a> to <a href="/deployments/${one.name}">${one.name}</a> ${how}.`,
        one.state === "running" ? `Release ${one.release} serves.` : "Nothing of it runs."]);
    } else if (ended(one)) {
      found.push(["warn", html`<a href="/deployments/${one.name}">${one.name}</a> ${one.container ? "is stopped" : "lost its container"}.`,
        one.container ? html`Its <a href="/deployments/${one.name}/logs">log</a> may say why.` : "Deliver again."]);
    }
  }
  for (const { name, state, detail, mend } of checks) {
    if (state !== "ok") found.push([state === "failed" ? "bad" : "warn", `${name}: ${plain(detail)}`, plain(mend)]);
  }
  for (const { name, days } of info.certificates) {
    if (days < 30 && !checks.some((check) => check.name.includes("certificate"))) {
      found.push(["warn", `The certificate ${name} ends in ${count(days, "day")}.`, ""]);
    }
  }
  return found;
}

function Attention({ info, deployments, checks, jobs }) {
  const found = concerns(info, deployments, checks, jobs);
  if (!found.length) return html`<p class="calm"><${Badge} kind="ok">All is well<//></p>`;
  return html`<ul class="concerns">${found.map(
    ([kind, words, mend]) => html`<li><${Badge} kind=${kind}>${kind === "bad" ? "failed" : "warning"}<//>
      <div><p>${words}</p>${mend && html`<p class="soft">${mend}</p>`}</div></li>`,
  )}</ul>`;
}

function Recent({ jobs }) {
  const last = jobs.filter((job) => DELIVERIES.test(job.kind)).slice(0, 6);
  if (!last.length) {
    return html`<${Empty} title="Nothing was delivered yet">
      Open a <a href="/deployments">deployment</a> and drop an image archive there, or run
      <code>edd push IMAGE DEPLOYMENT</code>.
    <//>`;
  }
  return html`<${Table} label="Recent deliveries" heads=${["Deployment", "What", "Result", "By", "When"]}
    rows=${last.map((job) => ({
      key: job.id,
      cells: [
        html`<a href="/deployments/${job.deployment}">${job.deployment}</a>`,
        html`<a href="/jobs/${job.id}">${job.kind}${job.release ? `, release ${job.release}` : ""}</a>`,
        html`<${JobState} job=${job} />`,
        job.caller,
        html`<${Ago} at=${job.started_at} />`,
      ],
    }))} />`;
}

export default function Overview({ host }) {
  const deployments = useLive("/v1/deployments", 3);
  const jobs = useLive("/v1/jobs?limit=50", 3);
  const checks = useLive("/v1/doctor", 60);
  // What needs attention has as many lines as it has: what is below it waits for them.
  const settled = [host, deployments, jobs, checks].every(({ data, error }) => data || error);
  return html`<div class="title"><h1>Overview</h1>
      <p class="soft">${host.data ? `ED ${host.data.version}, up ${span(host.data.uptime)}` : "ED …"}</p></div>
    <section aria-label="The host">
      <${Failing} live=${host} />
      <${Tiles} info=${host.data} deployments=${deployments.data || []} />
    </section>
    <section><h2>Needs attention</h2><div class="card attention">
      ${host.data && checks.data && deployments.data && jobs.data
        ? html`<${Attention} info=${host.data} deployments=${deployments.data} checks=${checks.data}
            jobs=${jobs.data} />`
        : html`<${Waiting} rows=${1} />`}
    </div></section>
    ${settled && html`<section><h2>Deployments</h2>
      <${Loaded} live=${deployments} rows=${1}>${(all) =>
        all.length === 0 ? html`<${Empty} title="None that you may see"><//>` : html`<ul class="chips">${all.map(
          (one) => html`<li key=${one.name}><a href="/deployments/${one.name}"><span>${one.name}</span>
            <${State} status=${one} /></a></li>`,
        )}</ul>`}<//>
    </section>
    <section><h2>Recent deliveries</h2>
      <${Loaded} live=${jobs} rows=${6}>${(all) => html`<${Recent} jobs=${all} />`}<//>
    </section>`}`;
}
