/** One deployment: how it is, what can be done with it, and its tabs. */

import { act } from "../api.js";
import { ask } from "../ask.js";
import { useDelivery } from "../deliveries.js";
import { DeliveryPanel } from "../delivery.js";
import { short } from "../format.js";
import { may } from "../host.js";
import { html, useEffect, useLayoutEffect, useState } from "../html.js";
import { style } from "../late.js";
import { useLive } from "../live.js";
import { note } from "../notes.js";
import { go } from "../router.js";
import { Ago, Facts, Failing, Loaded, State, Trouble, Waiting } from "../ui.js";
import { JobTable } from "./jobs.js";
import { Steps, Wrote } from "./job.js";
import { Releases } from "./releases.js";

const AWAY = "It does not answer until it is started again.";
const LOST = "What its container wrote outside volumes is gone for good.";
const ACTS = {
  start: { past: "started" },
  restart: { past: "restarted", loses: (name) => [`${name} does not answer while it restarts.`] },
  stop: { past: "stopped", loses: (name) => [`${name} stops. ${AWAY}`] },
  remove: {
    past: "removed",
    method: "DELETE",
    loses: (name) => [
      `The container of ${name} is stopped and removed. ${LOST}`,
      "Its volumes, its configuration and its kept releases stay: a push or a rollback brings it back.",
    ],
  },
};

async function perform(verb, name, refresh) {
  const { past, method = "POST", loses } = ACTS[verb];
  const action = verb[0].toUpperCase() + verb.slice(1);
  if (loses && !(await ask({ title: `${action} ${name}?`, loses: loses(name), action }))) return;
  try {
    await act(method, `/v1/deployments/${name}${method === "POST" ? `/${verb}` : ""}`);
    note(`${name} was ${past}.`);
  } catch (problem) {
    note(`${problem.message} ${problem.advice}`, "bad");
  }
  refresh();
}

function Buttons({ status, refresh, allowed, job }) {
  const [busy, setBusy] = useState("");
  const running = status.state === "running";
  const verbs = status.container ? (running ? ["restart", "stop", "remove"] : ["start", "remove"]) : [];
  const press = async (verb) => {
    setBusy(verb);
    await perform(verb, status.name, refresh);
    setBusy("");
  };
  const why = allowed ? "" : "Your certificate is for looking only";
  return html`${verbs.map((verb) => html`<button disabled=${!allowed || busy || job}
      title=${why} class=${verb === "remove" ? "danger" : ""} onClick=${() => press(verb)}>
      ${busy === verb ? "…" : verb[0].toUpperCase() + verb.slice(1)}</button>`)}
    ${allowed && html`<a class="button primary" href="/deployments/${status.name}/push">Push</a>`}`;
}

function UnderWay({ id }) {
  const { data: job } = useLive(`/v1/jobs/${id}`, 5);
  const steps = useLive(`/v1/jobs/${id}/steps`, 1);
  return html`<section class="card"><div class="title">
      <h2><a href="/jobs/${id}">Job ${id}</a> is under way</h2></div>
    <p class="soft">${job ? `${job.kind}, begun by ${job.caller}` : "…"}</p>
    ${steps.data && html`<${Steps} steps=${steps.data} />`}</section>`;
}

function Jobs({ name }) {
  const live = useLive(`/v1/jobs?deployment=${name}&limit=100`, 2);
  return html`<section><${Loaded} live=${live}>${(jobs) => html`<${JobTable} jobs=${jobs} names=${false} />`}<//></section>`;
}

/** A tab whose code is loaded when it is first looked at. */
function Late({ load, ...rest }) {
  const [Content, setContent] = useState(null);
  useEffect(() => {
    load().then(
      (module) => setContent(() => module.default),
      () => globalThis.loadAgain(),
    );
  }, []);
  return Content ? html`<${Content} ...${rest} />` : html`<${Waiting} rows=${5} />`;
}

const loadLogs = async () => (await style("log.css"), import("./logs.js"));
const loadPush = () => import("./push.js");

const TABS = [
  ["", "Releases", Releases],
  ["logs", "Log", (all) => html`<${Late} key="logs" load=${loadLogs} ...${all} />`],
  ["push", "Push", (all) => html`<${Late} key="push" load=${loadPush} ...${all} />`],
  ["jobs", "Jobs", Jobs],
];

/** A file dropped anywhere on a deployment's pages is meant for it. */
function useDrop(name, allowed) {
  const [dropped, setDropped] = useState(null);
  useLayoutEffect(() => {
    if (!allowed) return undefined;
    const over = (event) => {
      document.body.classList.toggle("over", event.type === "dragover");
      const file = event.type === "drop" && event.dataTransfer.files[0];
      if (!file) return;
      setDropped(file);
      go(`/deployments/${name}/push`);
    };
    const kinds = ["dragover", "dragleave", "drop"];
    kinds.forEach((kind) => addEventListener(kind, over));
    return () => kinds.forEach((kind) => removeEventListener(kind, over));
  }, [name, allowed]);
  return [dropped, setDropped];
}

/** What stands above the tabs; the room is there before the answer is. */
function facts(status) {
  if (!status) return ["Release", "Image", "Health", "Since", "Container"].map((name) => [name, "…"]);
  return [
    ["Release", status.release ?? "none"],
    ["Image", status.image ? html`<code>${short(status.image)}</code>` : "–"],
    ["Health", status.health],
    ["Since", html`<${Ago} at=${status.since} />`],
    ["Container", status.container ? html`<code>${status.container}</code>` : "none"],
  ];
}

/** How the last health check failed, if it did. */
function FailedCheck({ probe }) {
  if (!probe?.exit_code) return null;
  return html`<section class="card"><${Wrote} title="The last health check failed with exit code ${probe.exit_code}"
    words=${probe.output} /></section>`;
}

export default function Deployment({ parts: [name, tab], host }) {
  const live = useLive(`/v1/deployments/${name}`, 1);
  const allowed = host.data && may(host.data, "deployer");
  const delivery = useDelivery(name);
  const [file, setFile] = useDrop(name, allowed);
  const Content = TABS.find(([path]) => path === tab)[2];
  const status = live.data;
  const job = status?.job;
  if (!status && live.error && !live.error.away) {
    return html`<div class="title"><h1>${name}</h1></div><${Trouble} error=${live.error}>
      <p><a href="/deployments">See the deployments that there are</a></p><//>`;
  }
  return html`<div class="title"><h1>${name}</h1>
      ${status && html`<${State} status=${status} />`}
      <div class="buttons">${status &&
        html`<${Buttons} status=${status} refresh=${live.refresh} allowed=${allowed} job=${job} />`}</div></div>
    <${Failing} live=${live} />
    ${tab !== "logs" && html`<section class="card"><${Facts} pairs=${facts(status)} /></section>
      <${FailedCheck} probe=${status?.probe} />`}
    ${delivery ? html`<${DeliveryPanel} delivery=${delivery} />`
      : job && html`<${UnderWay} id=${job} />`}
    <div class="tabs" role="navigation" aria-label="Parts of ${name}">${TABS.map(
      ([path, title]) => html`<a href="/deployments/${name}${path && `/${path}`}"
        aria-current=${path === tab ? "page" : null}>${title}</a>`,
    )}</div>
    <${Content} name=${name} status=${status} job=${job} allowed=${allowed} file=${file} setFile=${setFile}
      refresh=${live.refresh} />`;
}
