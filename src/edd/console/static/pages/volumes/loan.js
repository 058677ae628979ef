/**
 * Files of a volume that no container mounts.
 *
 * Engines give files of containers only, so one is made that mounts the volume, read only. It
 * never runs, has a name and a label of its own, and is removed again when its files were read, or
 * when the page is left.
 */

import { pieces, Problem, request } from "../../api.js";
import { tell } from "../../engine.js";
import { changing } from "../../tab.js";
import { LOAN } from "./known.js";

const PLACE = "/edd-volume";
const PATIENCE = 60_000;
const SHORT = 5_000;
const MOST_SHORT = 5;
const WAITS = [409, 502, 503, 504];
const lent = new Map();
const { tell: told, useChanges } = changing();

/** Return how the download of the volume `name` goes: `words` or a `problem`, and the container's `id`. */
export function useLoan(name) {
  useChanges();
  return lent.get(name);
}

function say(name, more) {
  if (more) lent.set(name, { ...lent.get(name), ...more });
  else lent.delete(name);
  told();
}

/** Where the files of a container's folder are, as a tar without that folder's own name. */
export function archiveOf(id, folder) {
  const path = `${folder.replace(/\/+$/, "")}/.`;
  return `/docker/containers/${id}/archive?path=${encodeURIComponent(path)}`;
}

/** Return the container that reads `volume`, as the engine takes it (`POST /containers/create`). */
export function reader(volume, image) {
  const mount = { Type: "volume", Source: volume, Target: PLACE, ReadOnly: true, VolumeOptions: { NoCopy: true } };
  return {
    Image: image,
    Cmd: ["never"],
    NetworkDisabled: true,
    Labels: { [LOAN]: volume },
    HostConfig: { NetworkMode: "none", Mounts: [mount] },
  };
}

/** Remove a container that was made to read a volume, also while the page is being left. */
export function takeBack(id) {
  // Anonymous volumes that the image declares came with it; the volume that was read has a name.
  return fetch(`/docker/containers/${id}?force=1&v=1`, { method: "DELETE", keepalive: true });
}

/** Return once the engine has begun to read the files of the container `id`. */
async function begun(id) {
  const filters = encodeURIComponent(JSON.stringify({ container: [id], event: ["archive-path"] }));
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    // Of all that the engine remembers, so that a short read is not missed.
    for await (const piece of pieces(await request("GET", `/docker/events?since=1&filters=${filters}`, { signal }))) {
      if (piece.includes("archive-path")) return;
    }
  } catch (problem) {
    if (problem.status) throw problem;
  }
  throw new Problem(504, {
    detail: "The browser did not begin to download.",
    advice: "Allow this page to download, and try again.",
  });
}

function save(href, name) {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}

/** Download the files of `volume` by way of a container of `image`. */
export async function download(volume, image) {
  if (lent.get(volume)?.words) return;
  lent.delete(volume);
  say(volume, { words: "A container is made to read the files …" });
  let id = "";
  const left = () => id && takeBack(id);
  addEventListener("pagehide", left);
  try {
    await tell("GET", `/volumes/${encodeURIComponent(volume)}`); // or the engine makes it anew
    const tail = crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0");
    id = (await tell("POST", `/containers/create?name=edd-download-${tail}`, reader(volume, image))).Id;
    say(volume, { id, words: "The download begins …" });
    save(archiveOf(id, PLACE), `${volume}.tar`);
    await begun(id);
    say(volume, { words: "The files are being read. The container goes when that is over." });
    await finish(id);
    say(volume, { words: "", done: true });
  } catch (problem) {
    if (id) await takeBack(id).catch(() => {});
    say(volume, { words: "", problem });
  }
  removeEventListener("pagehide", left);
}

/**
 * Return once the container `id` is removed: the engine does so when nobody reads its files any
 * more. A long wait may be cut on its way; it is begun again.
 */
async function finish(id) {
  let answer = null;
  for (let short = 0; short < MOST_SHORT; ) {
    const asked = Date.now();
    answer = await takeBack(id).catch(() => null);
    if (answer?.ok || answer?.status === 404) return;
    if (answer && !WAITS.includes(answer.status)) break;
    if (Date.now() - asked < SHORT) short += 1;
    await new Promise((done) => setTimeout(done, 1000));
  }
  throw new Problem(answer?.status ?? 0, {
    detail: "The container that read the files could not be removed.",
    kept: "What was downloaded may be whole.",
  });
}
