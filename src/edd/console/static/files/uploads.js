/** Uploads into containers that were begun in this tab: they go on while other pages are looked at. */

import { Problem } from "../api.js";
import { useEffect, useState } from "../html.js";
import { ofText } from "../paths.js";
import { archive } from "../tar.js";
import { uploadTo } from "./archives.js";

const running = new Map();
const watchers = new Set();

/** Return the newest upload into a container: `{ files, folder, sent, total, ended, problem, cancel }`. */
export function useUpload(id) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const watcher = () => redraw((count) => count + 1);
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, []);
  return running.get(id);
}

/** Forget the upload into a container, which has ended. */
export function forget(id) {
  running.delete(id);
  tell();
}

/** Send `files` (of a browser's field) to be put into `folder`, for `owner`; return how it ended. */
export function upload(id, folder, files, owner) {
  const entries = files.map((file) => ({
    name: ofText(file.name), file, mode: 0o644, mtime: file.lastModified / 1000, ...owner,
  }));
  const body = archive(entries);
  const one = { files, folder, sent: 0, total: body.size, ended: false, problem: null, cancel: null };
  running.set(id, one);
  addEventListener("beforeunload", hold);
  // fetch() tells nothing of an upload's progress.
  const call = new XMLHttpRequest();
  one.cancel = () => {
    one.cancelled = true;
    call.abort();
  };
  call.open("PUT", uploadTo(id, folder));
  call.setRequestHeader("Content-Type", "application/x-tar");
  call.upload.onprogress = ({ loaded }) => {
    one.sent = loaded;
    tell();
  };
  tell();
  return new Promise((ended) => {
    call.onloadend = () => {
      one.problem = call.status === 200 ? null : refusal(call, one);
      one.ended = true;
      if (![...running.values()].some((each) => !each.ended)) removeEventListener("beforeunload", hold);
      tell();
      ended(one);
    };
    call.send(body);
  });
}

function refusal(call, { cancelled }) {
  const kept = "Files that had arrived whole by then are there; the last one may be there in part.";
  if (!call.status) {
    return new Problem(0, { detail: cancelled ? "The upload was cancelled." : "The connection broke off.", kept });
  }
  try {
    return new Problem(call.status, JSON.parse(call.responseText));
  } catch {
    return new Problem(call.status);
  }
}

function hold(event) {
  event.preventDefault();
}

let drawing = false;
/** Draw a few times a second, however often something is told. */
function tell() {
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    watchers.forEach((watcher) => watcher());
  }, 50);
}
