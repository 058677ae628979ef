/** What is done with networks, and how a page knows that it was done. */

import { ask } from "../../ask.js";
import { tell } from "../../engine.js";
import { count, plain } from "../../format.js";
import { some } from "../../parts.js";
import { attached, kept } from "./attached.js";

const LOOKS = 4;
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * Make a change that may cut the line it is told by, since a browser drops what it loads when its
 * machine's networks change. Where no answer came, `seen` tells what it led to, if it was made.
 */
export async function surely(change, seen) {
  try {
    return await change();
  } catch (problem) {
    if (problem.status) throw problem;
    for (let look = 0; look < LOOKS; look += 1) {
      await pause(0.4);
      const found = await seen().catch(() => null);
      if (found) return found;
    }
    throw problem;
  }
}

const at = (id) => `/networks/${encodeURIComponent(id)}`;
const names = (containers) => plain(some(containers.map(({ name }) => name)));
const isGone = (problem) => problem.status === 404;

/** Make a network; return its id. */
export async function create(body) {
  const named = async () => (await tell("GET", "/networks")).find(({ Name }) => Name === body.Name);
  const { Id } = await surely(() => tell("POST", "/networks/create", body), named);
  return Id;
}

async function isOn(id, container) {
  const { Containers } = await tell("GET", at(id));
  return container in (Containers ?? {});
}

/** Connect a container; `end` is what the engine calls `EndpointConfig`. */
export function connect(id, container, end) {
  const change = () => tell("POST", `${at(id)}/connect`, { Container: container, EndpointConfig: end });
  return surely(change, () => isOn(id, container));
}

/** Disconnect a container. */
export function disconnect(id, container) {
  const change = () => tell("POST", `${at(id)}/disconnect`, { Container: container });
  return surely(change, async () => !(await isOn(id, container)));
}

function remove(id) {
  return surely(
    () => tell("DELETE", at(id)),
    () => tell("GET", at(id)).then(() => false, isGone),
  );
}

/**
 * Ask, disconnect every container, and remove the network. Return whether it is gone.
 *
 * Throws `Problem`, whose `kept` says how far it came.
 */
export async function removeNetwork(network) {
  const fresh = await tell("GET", at(network.Id));
  const running = Object.entries(fresh.Containers ?? {})
    .map(([id, { Name }]) => ({ id, name: Name || id.slice(0, 12) }))
    .sort((one, other) => one.name.localeCompare(other.name));
  const all = await tell("GET", "/containers/json?all=1");
  const stopped = attached(all, fresh).filter(({ runs }) => !runs);
  const title = `Remove the network ${plain(fresh.Name)}?`;
  const loses = [
    "Its subnets become free for others. Containers stay, with their files.",
    running.length && `On it now, and disconnected first: ${names(running)}. Who reached them there does not any more.`,
    stopped.length && `Stopped, and not able to start again without it: ${names(stopped)}.`,
  ].filter(Boolean);
  const action = running.length ? "Disconnect all and remove" : "Remove";
  if (!(await ask({ title, loses, action }))) return false;
  let done = 0;
  try {
    for (const { id } of running) {
      await disconnect(fresh.Id, id);
      done += 1;
    }
    await remove(fresh.Id);
  } catch (problem) {
    problem.kept = `The network is still there; ${done} of ${count(running.length, "container")} disconnected.`;
    throw problem;
  }
  return true;
}

/** Return the networks that pruning removes. Engines' own filter for them tells of used ones, too. */
async function unused() {
  const all = (await tell("GET", "/networks")).filter((one) => !kept(one) && !one.ConfigOnly && !one.Ingress);
  const whole = await Promise.all(all.map(({ Id }) => tell("GET", at(Id))));
  return whole.filter(({ Containers }) => !Object.keys(Containers ?? {}).length);
}

/** Ask, and remove all networks of `host` that no running container is on. Return the words for what went. */
export async function prune(host) {
  const [networks, all] = await Promise.all([unused(), tell("GET", "/containers/json?all=1")]);
  if (!networks.length) return "Every network is in use: nothing is there to prune.";
  const loses = networks.map((one) => {
    const stopped = attached(all, one);
    const needed = stopped.length ? `, without which these stopped containers cannot start: ${names(stopped)}` : "";
    return plain(one.Name) + needed;
  });
  const title = `Prune ${count(networks.length, "network")} that no running container is on?`;
  if (!(await ask({ title, loses, action: "Prune", typed: host }))) return "";
  const gone = await surely(
    () => tell("POST", "/networks/prune"),
    async () => ({ NetworksDeleted: await missing(networks) }),
  );
  const pruned = gone.NetworksDeleted ?? [];
  return pruned.length ? `Pruned: ${plain(some(pruned))}.` : "The engine found nothing to prune.";
}

async function missing(networks) {
  const still = new Set((await tell("GET", "/networks")).map(({ Id }) => Id));
  return networks.filter(({ Id }) => !still.has(Id)).map(({ Name }) => Name);
}
