/** The host's engine: Docker's own API, below `/docker/`. */

import { pieces, Problem, request } from "./api.js";
import { useLive } from "./live.js";

const LONGEST = 1 << 20;

/** Return the newest answer of the engine to `GET path`, as `useLive` does. */
export function useEngine(path, seconds) {
  return useLive(path && `/docker${path}`, seconds);
}

/** Ask the engine for something; return what it answers, if that is JSON. Throws `Problem`. */
export async function tell(method, path, body) {
  const answer = await request(method, `/docker${path}`, { body });
  return answer.headers.get("Content-Type")?.startsWith("application/json") ? answer.json() : null;
}

/** Yield the lines of an answer as they come. */
export async function* linesOf(answer) {
  let rest = "";
  for await (const piece of pieces(answer)) {
    const whole = (rest + piece).split("\n");
    rest = whole.pop();
    if (rest.length > LONGEST) throw new Problem(502, { detail: "The engine reports without end." });
    for (const line of whole) if (line.trim()) yield line;
  }
  if (rest.trim()) yield rest;
}

/**
 * Ask for something that takes its time, and yield each report on it.
 *
 * The engine answers 200 before it knows how it ends: an `error` among the reports is thrown.
 */
export async function* reports(method, path, options = {}) {
  const answer = await request(method, `/docker${path}`, options);
  for await (const line of linesOf(answer)) yield checked(JSON.parse(line));
}

function checked(report) {
  if (report.error) throw new Problem(500, { detail: report.error });
  return report;
}
