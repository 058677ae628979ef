/** Uploads into containers that were begun in this tab: they go on while other pages are looked at. */

import { Problem } from "../api.js";
import { ofText } from "../paths.js";
import { changing } from "../tab.js";
import { archive } from "../tar.js";
import { upload as send } from "../upload.js";
import { uploadTo } from "./archives.js";

const HEADERS = { "Content-Type": "application/x-tar" };
const BUSY = { detail: "An upload into this container is under way. Wait until it has ended, or cancel it." };
const running = new Map();
const { tell, useChanges } = changing(() => [...running.values()].some(({ ended }) => !ended));

/** Return the newest upload into a container: `{ files, folder, sent, total, ended, problem, cancel }`. */
export function useUpload(id) {
  useChanges();
  return running.get(id);
}

/** Forget the upload into a container, which has ended. */
export function forget(id) {
  running.delete(id);
  tell();
}

/**
 * Send `files` (of a browser's field) to be put into `folder`, for `owner`; return how it ended.
 *
 * Throws `Problem` while another one into the same container is under way.
 */
export async function upload(id, folder, files, owner) {
  if (running.get(id)?.ended === false) throw new Problem(409, BUSY);
  const entries = files.map((file) => ({
    name: ofText(file.name), file, mode: 0o644, mtime: file.lastModified / 1000, ...owner,
  }));
  const body = archive(entries);
  const abort = new AbortController();
  const one = { files, folder, sent: 0, total: body.size, ended: false, problem: null, cancel: () => abort.abort() };
  running.set(id, one);
  tell();
  const sent = (bytes) => {
    one.sent = bytes;
    tell();
  };
  try {
    await send("PUT", uploadTo(id, folder), body, { headers: HEADERS, signal: abort.signal, sent });
  } catch (error) {
    one.problem = told(error);
  }
  one.ended = true;
  tell();
  return one;
}

function told(error) {
  if (error instanceof Problem && error.status) return error;
  const detail = error instanceof Problem ? error.message : "The upload was cancelled.";
  return new Problem(0, { detail, kept: "Files that had arrived whole by then are there; the last one may be there in part." });
}
