/** Deliveries begun in this tab: they go on while other pages are looked at. */

import { pieces, Problem, request } from "./api.js";
import { changing } from "./tab.js";
import { byLines, parsed, upload } from "./upload.js";

const EVENTS = "application/x-ndjson";
const MOST_STEPS = 200;
const running = new Map();
const { tell, useChanges } = changing(() => [...running.values()].some(({ ended }) => !ended));

/**
 * The newest delivery to the deployment `name` of this tab, or nothing.
 *
 * `what` is its title; `sent` and `total` bytes of an upload; `steps` what the host said; at the
 * end `outcome` or `problem`.
 */
export function useDelivery(name) {
  useChanges();
  return running.get(name);
}

/** Forget the delivery to `name`, which has ended. */
export function forget(name) {
  running.delete(name);
  tell();
}

/** Return to `release` and take part in how that goes. */
export async function rollback(name, release) {
  const path = `/v1/deployments/${name}/rollback`;
  const delivery = begin(name, `Rollback to release ${release}`);
  try {
    const answer = await request("POST", path, { body: { release }, accept: EVENTS });
    const read = reader(delivery);
    for await (const piece of pieces(answer)) read(piece);
  } catch (problem) {
    // What broke off on its way goes on without this browser.
    if (problem instanceof Problem) delivery.problem = problem;
  }
  return end(delivery);
}

/** Send the archive `file` to `name` and take part in how that goes. */
export async function push(name, file) {
  const delivery = begin(name, `Delivery of ${file.name}`);
  const abort = new AbortController();
  delivery.total = file.size;
  delivery.cancel = () => abort.abort();
  try {
    await upload("POST", `/v1/deployments/${name}/load`, file, {
      headers: { Accept: EVENTS, "Content-Type": "application/x-tar" },
      signal: abort.signal,
      sent: (bytes) => change(delivery, { sent: bytes }),
      heard: reader(delivery),
    });
  } catch (problem) {
    delivery.problem = problem.status ? problem : cutOff(delivery, abort.signal.aborted);
  }
  return end(delivery);
}

function cutOff({ sent, total }, cancelled) {
  // What arrived whole goes on without this browser.
  if (total && sent >= total) return null;
  const detail = cancelled ? "The upload was cancelled." : "The connection broke off.";
  const kept = "What did not arrive whole is not loaded: what ran before still runs.";
  return new Problem(0, { detail, kept, advice: "See the jobs of this deployment." });
}

function begin(name, what) {
  const delivery = { name, what, steps: [], sent: 0, total: 0, outcome: null, problem: null, cancel: null };
  running.set(name, delivery);
  tell();
  return delivery;
}

function end(delivery) {
  if (!delivery.outcome && !delivery.problem) {
    delivery.problem = new Problem(0, {
      detail: "The host's last word did not arrive.",
      advice: "The delivery ends by itself: see the jobs of this deployment.",
    });
  }
  delivery.ended = true;
  delivery.cancel = null;
  tell();
  return delivery;
}

/** Return a function that takes text as it comes and reads the events in it. */
function reader(delivery) {
  const read = byLines((line) => take(delivery, parsed(line)));
  return (text) => {
    read(text);
    tell();
  };
}

function take(delivery, event) {
  if (!event) return;
  if (event.event === "outcome") delivery.outcome = event;
  else if (event.event === "failure") delivery.problem = new Problem(event.problem.status, event.problem);
  else if (event.event === "progress") {
    const last = delivery.steps.at(-1);
    if (last?.step === event.step) Object.assign(last, event);
    else if (delivery.steps.length < MOST_STEPS) delivery.steps.push({ ...event, at: new Date().toISOString() });
  }
}

function change(delivery, more) {
  Object.assign(delivery, more);
  tell();
}
