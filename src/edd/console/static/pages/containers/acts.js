/** What can be done to containers: the engine's verbs, whom they are for, and what they cost. */

import { tell } from "../../engine.js";
import { ask } from "../../ask.js";
import { may } from "../../host.js";
import { listed } from "./facts.js";

const AT_ONCE = 3;
const CLOSED = "This host's configuration lets its engine be read only (gateway)";
const GONE = "What it wrote outside volumes is gone for good.";
const GONE_ALL = "What they wrote outside volumes is gone for good.";

/** Each verb: its word and what was done then; `already` is the engine's "nothing to do". */
export const ACTS = {
  start: { word: "Start", past: "started", already: "ran already" },
  stop: { word: "Stop", past: "stopped", already: "was stopped already", costs: "stops, and does not answer until it is started again" },
  restart: { word: "Restart", past: "restarted", costs: "does not answer while it restarts" },
  kill: { word: "Kill", past: "killed", costs: "ends at once, without time to put anything in order" },
  pause: { word: "Pause", past: "paused" },
  unpause: { word: "Unpause", past: "unpaused" },
  remove: { word: "Remove", past: "removed", needs: "admin" },
};

/** States in which a container has to be killed before it is removed. */
export const RUNNING = ["running", "paused", "restarting"];
const ANONYMOUS = /^[0-9a-f]{64}$/;

/** The volumes that go with a container when it is removed with its own. */
export function ownVolumes(mounts) {
  return (mounts || []).filter(({ Type, Name }) => Type === "volume" && ANONYMOUS.test(Name)).map(({ Name }) => Name);
}

/** Return why this caller may not do `verb`, or nothing. */
export function whyNot(host, verb) {
  const needs = ACTS[verb]?.needs || "deployer";
  if (!host.data) return "";
  if (may(host.data, needs)) return (host.data.settings?.gateway ?? "on") === "on" ? "" : CLOSED;
  return needs === "admin" ? "Only an administrator may do this" : "Your certificate is for looking only";
}

/** Return why `verb` does nothing for a container that is in the state `status`. */
export function idle(verb, status) {
  const runs = RUNNING.includes(status);
  if (verb === "start") return runs ? "It runs already" : "";
  if (verb === "remove") return "";
  if (verb === "unpause") return status === "paused" ? "" : "It is not paused";
  if (verb === "pause") return status === "running" ? "" : "It does not run";
  return runs ? "" : "It does not run";
}

/**
 * Do `verb` to one container and return what it was, in a word or two. Throws `Problem`.
 *
 * `removal` is what `DELETE` is given: `force` for one that runs, `v` for its own volumes.
 */
export async function perform(verb, id, removal = {}) {
  const at = `/containers/${encodeURIComponent(id)}`;
  const { past, already } = ACTS[verb];
  try {
    if (verb === "remove") await tell("DELETE", `${at}?${new URLSearchParams(removal)}`);
    else await tell("POST", `${at}/${verb}`);
    return past;
  } catch (problem) {
    if (problem.status === 304 && already) return already;
    throw problem;
  }
}

/**
 * Do `verb` to each of `all` (`{ id, name, removal }`), a few at a time, whatever becomes of the others.
 *
 * `told` hears how many are through. Returns `{ done, failed }`: names, with the problem of each
 * that failed.
 */
export async function performAll(verb, all, told) {
  const waiting = [...all];
  const done = [];
  const failed = [];
  const work = async () => {
    for (let one; (one = waiting.shift()); told(done.length + failed.length)) {
      try {
        done.push({ name: one.name, word: await perform(verb, one.id, one.removal) });
      } catch (problem) {
        failed.push({ name: one.name, problem });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, failed };
}

/**
 * Ask before `verb` is done to `all` (`{ name, owner, running, volumes }`), if anything is lost by it.
 *
 * Returns `false`, or `"yes"`, or `"more"` when volumes are to go, too.
 */
export async function sure(verb, all) {
  const { word, costs } = ACTS[verb];
  const one = all.length === 1 && all[0];
  const title = `${word} ${one ? one.name : `${all.length} containers`}?`;
  const names = listed(all.map(({ name }) => name));
  if (verb === "remove") return ask({ ...removal(all, one, names), title, action: word });
  if (!costs) return "yes";
  const loses = one ? [`${one.name} ${costs}.`] : [`Each of them ${costs}: ${names}.`];
  return ask({ title, loses: [...loses, ...owners(all)], action: word });
}

function removal(all, one, names) {
  const running = all.filter(({ running: runs }) => runs).map(({ name }) => name);
  const volumes = all.flatMap((each) => each.volumes);
  const loses = [
    one ? `The container ${one.name} is removed. ${GONE}` : `These are removed: ${names}. ${GONE_ALL}`,
    running.length > 0 && `Still running, and killed first: ${listed(running)}.`,
    ...owners(all),
    volumes.length > 0 && "Volumes with a name of their own stay.",
  ].filter(Boolean);
  const many = volumes.length === 1 ? "the volume without a name" : `${volumes.length} volumes without names`;
  const more = volumes.length > 0 && {
    words: `Remove ${many} as well, with all data: ${listed(volumes.map((name) => name.slice(0, 12)), 20)}`,
    typed: one ? one.name : "remove",
  };
  return { loses, more };
}

function owners(all) {
  const owned = all.filter(({ owner }) => owner);
  if (!owned.length) return [];
  const names = owned.map(({ name, owner }) => `${name} (deployment ${owner})`);
  return [`Made by a deployment of ED, whose page is the place for this: ${listed(names)}.`];
}
