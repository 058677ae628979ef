/** A container's files as the engine gives and takes them, whether the container runs or not. */

import { Problem, request } from "../api.js";
import { inQuery } from "../paths.js";
import { archive, firstFile } from "../tar.js";
import { modeWords } from "./listing.js";

/** Bytes of a file that is taken out of its archive here; a larger one comes in it. */
export const MOST_WHOLE = 32 << 20;

const STAT = "X-Docker-Container-Path-Stat";
const KINDS = [[31, "folder"], [27, "link"], [26, "device"], [25, "pipe"], [24, "socket"]];

/** Return the address of what is at `path`, as a tar archive. */
export function archiveOf(id, path) {
  return `/docker/containers/${id}/archive?path=${inQuery(path)}`;
}

/**
 * Return what the engine says of `path`: `{ name, size, kind, mode, mtime, target }`, or null.
 *
 * `mode` is as `ls -l` writes it, `target` where a link leads to in the end.
 */
export async function statOf(id, path) {
  try {
    const answer = await request("HEAD", archiveOf(id, path), {});
    return decoded(answer.headers.get(STAT));
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

/** Return what the header says: JSON in base 64, the mode as Go counts it. */
export function decoded(header) {
  const bytes = Uint8Array.from(atob(header), (one) => one.charCodeAt());
  const { name, size, mode, mtime, linkTarget } = JSON.parse(new TextDecoder().decode(bytes));
  const has = (bit) => Math.floor(mode / 2 ** bit) % 2 === 1;
  const kind = KINDS.find(([bit]) => has(bit))?.[1] || "file";
  const special = (has(23) ? 0o4000 : 0) | (has(22) ? 0o2000 : 0) | (has(20) ? 0o1000 : 0);
  return { name, size, kind, mode: modeWords((mode & 0o777) | special, kind), mtime, target: linkTarget };
}

/** Return a file's content as a Blob, or null where it is no file of at most `MOST_WHOLE` bytes. */
export async function contentOf(id, path) {
  const answer = await request("GET", archiveOf(id, path), { accept: "application/x-tar" });
  return (await firstFile(answer.body, MOST_WHOLE))?.blob ?? null;
}

/** Make the folder `name` in `folder`, for its owner: the engine unpacks an archive of it there. */
export async function makeFolder(id, folder, name, owner) {
  const entry = { name, mode: 0o755, mtime: Date.now() / 1000, ...owner };
  let answer;
  try {
    answer = await fetch(uploadTo(id, folder), { method: "PUT", body: archive([entry]) });
  } catch {
    throw new Problem(0, { detail: "The connection to the host broke off." });
  }
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
}

/** Return the address that takes an archive to be unpacked in `folder`. */
export function uploadTo(id, folder) {
  return `${archiveOf(id, folder)}&noOverwriteDirNonDir=1`;
}
