/** Bytes from this computer to the host, with their progress: fetch() tells nothing of it. */

import { Problem } from "./api.js";

const LONGEST = 64 << 20;

/**
 * Send `body`, a file or blob, to `path`, read from the disk as the host takes it.
 *
 * `sent` is told how many bytes have gone, `heard` the text of a successful answer as it comes.
 * Returns the answer's text. Throws `Problem`, or `AbortError` once `signal` has cancelled it.
 */
export function upload(method, path, body, { headers = {}, signal, sent, heard }) {
  const call = new XMLHttpRequest();
  let taken = 0;
  call.open(method, path);
  Object.entries(headers).forEach(([name, value]) => call.setRequestHeader(name, value));
  call.upload.onprogress = ({ loaded }) => sent?.(loaded);
  call.onprogress = () => {
    if (call.responseText.length > LONGEST) call.abort();
    else if (good(call)) heard?.(call.responseText.slice(taken));
    taken = call.responseText.length;
  };
  return new Promise((done, failed) => {
    const cancel = () => call.abort();
    signal?.addEventListener("abort", cancel);
    call.onloadend = () => {
      signal?.removeEventListener("abort", cancel);
      if (signal?.aborted) failed(new DOMException("cancelled", "AbortError"));
      else if (good(call)) done(call.responseText);
      else if (call.status) failed(new Problem(call.status, parsed(call.responseText) || {}));
      else failed(new Problem(0, { detail: "The connection broke off." }));
    };
    call.send(body);
  });
}

/** Return a function that takes text as it comes and gives `take` each line that is whole. */
export function byLines(take) {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.filter((line) => line.trim()).forEach(take);
  };
}

/** Return what JSON says, or null if it is none. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function good({ status }) {
  return status >= 200 && status < 300;
}
