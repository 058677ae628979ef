/** What is done with volumes. */

import { ask } from "../../ask.js";
import { tell } from "../../engine.js";
import { count, plain, size } from "../../format.js";
import { isAnonymous, knowsNames, shown, sizes, typed, users } from "./known.js";

const MOST_NAMED = 15;
const at = (name) => `/volumes/${encodeURIComponent(name)}`;

/** Return all volumes' sizes by name. It takes as long as the engine takes to look at every file. */
export async function measure() {
  return sizes(await tell("GET", "/system/df?type=volume&verbose=1"));
}

/** Make a volume; return its name, which the engine chooses where there is none. */
export async function create(wish) {
  return (await tell("POST", "/volumes/create", wish)).Name;
}

/** Ask, and remove the volume `name`. Return whether it is gone. */
export async function removeVolume(name) {
  const used = users(await tell("GET", "/containers/json?all=1"), name);
  if (used.length) {
    const words = used.map((one) => one.name).join(", ");
    throw Object.assign(new Error(`It is in use by ${words}.`), {
      kept: "The volume is still there.",
      advice: "Remove these containers first; they cannot do without it.",
    });
  }
  const loses = ["All files in it are gone for good.", "No container mounts it now."];
  const title = `Remove the volume ${plain(shown(name))}?`;
  if (!(await ask({ title, loses, action: "Remove", typed: typed(name) }))) return false;
  await tell("DELETE", at(name));
  return true;
}

function told(volumes, known) {
  const sizeOf = ({ Name }) => known.get(Name) ?? -1;
  const largest = [...volumes].sort((one, other) => sizeOf(other) - sizeOf(one));
  const sum = volumes.reduce((all, one) => all + Math.max(0, sizeOf(one)), 0);
  const names = largest.slice(0, MOST_NAMED).map((one) => {
    const bytes = sizeOf(one) < 0 ? "of unknown size" : size(sizeOf(one));
    return `${plain(shown(one.Name))}, ${bytes}${isAnonymous(one) ? ", anonymous" : ""}`;
  });
  const more = volumes.length - names.length;
  return [`${size(sum)} of files are gone for good:`, ...names, ...(more > 0 ? [`and ${more} more: “Unused only” shows them`] : [])];
}

/**
 * Ask, with what goes and how much it is, and prune volumes that no container mounts.
 *
 * Unless `all`, those that somebody named stay, which only engines since 23.0 (API 1.42) can tell;
 * an older one prunes all. What `host` is called is typed. Return the words for what went.
 */
export async function prune(all, host) {
  const unused = encodeURIComponent(JSON.stringify({ dangling: ["true"] }));
  const [{ Volumes }, known] = await Promise.all([tell("GET", `/volumes?filters=${unused}`), measure()]);
  const telling = knowsNames(host.engine?.api_version);
  const volumes = (Volumes ?? []).filter((one) => all || !telling || isAnonymous(one));
  if (!volumes.length) return `No volume ${all ? "" : "without a name "}is unused: nothing is there to prune.`;
  const title = `Prune ${count(volumes.length, "volume")} that no container mounts?`;
  if (!(await ask({ title, loses: told(volumes, known), action: "Prune", typed: host.name }))) return "";
  const filters = all && telling ? `?filters=${encodeURIComponent(JSON.stringify({ all: ["true"] }))}` : "";
  const gone = await tell("POST", `/volumes/prune${filters}`);
  return `${count(gone.VolumesDeleted?.length ?? 0, "volume")} pruned, ${size(gone.SpaceReclaimed ?? 0)} freed.`;
}
