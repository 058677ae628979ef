/** Work on the host's images begun in this tab: it goes on while other pages are looked at. */

import { Problem } from "../../api.js";
import { reports } from "../../engine.js";
import { useEffect } from "../../html.js";
import { changing } from "../../tab.js";
import { byLines, parsed, upload } from "../../upload.js";

/** A browser has six connections to a host: the pages need the rest. */
const MOST_AT_ONCE = 3;
const MOST_KEPT = 8;
const MOST_LAYERS = 300;
const MOST_TEXT = 1 << 20;
const BROKEN = { detail: "The connection broke off.", advice: "The list shows what is there." };

let works = [];
const { tell, useChanges, watch } = changing(() => works.some(({ ended }) => !ended));

/**
 * Return the work of this tab, newest first.
 *
 * `what` is its title; `sent` and `total` bytes of an upload; `layers` say how far each is; `text`
 * is the end of what was written, of `written` characters in all. At the end `words` or `problem`.
 */
export function useWorks() {
  useChanges();
  return works;
}

/** Call `ended` whenever some work has come to its end. */
export function useEndings(ended) {
  useEffect(() => {
    const count = () => works.filter((work) => work.ended).length;
    let last = count();
    return watch(() => {
      if (count() > last) ended();
      last = count();
    });
  }, []);
}

/** Forget work that has ended. */
export function forget(work) {
  works = works.filter((one) => one !== work);
  tell();
}

/** Whether there is so much work that more has to wait. */
export function busy() {
  return works.filter(({ ended }) => !ended).length >= MOST_AT_ONCE;
}

/**
 * Ask the engine for work: POST to `path`, with `file` as its body if there is one.
 *
 * `ending` makes the last words of what came. Returns the work once it has ended, well or not.
 */
export async function begin({ what, path, headers, file, logs, ending }) {
  const abort = new AbortController();
  const work = { what, logs, layers: new Map(), text: "", written: 0, sent: 0, total: file?.size || 0, key: Math.random() };
  work.cancel = () => abort.abort();
  works = [work, ...works.filter(({ ended }, at) => !ended || at < MOST_KEPT)];
  tell();
  try {
    await (file ? send : ask)(work, path, { headers, file, signal: abort.signal });
    if (!work.problem) work.words = ending(work);
  } catch (error) {
    work.problem = error instanceof Problem ? error : new Problem(0, abort.signal.aborted ? CANCELLED : BROKEN);
  }
  return end(work);
}

const CANCELLED = { ...BROKEN, detail: "It was cancelled." };

async function ask(work, path, options) {
  for await (const report of reports("POST", path, options)) hear(work, report);
}

async function send(work, path, { headers, file, signal }) {
  const read = byLines((line) => hear(work, parsed(line) || {}));
  await upload("POST", `/docker${path}`, file, {
    headers: { "Content-Type": "application/x-tar", ...headers },
    signal,
    heard: read,
    sent: (bytes) => {
      work.sent = bytes;
      tell();
    },
  });
}

function end(work) {
  work.ended = true;
  work.cancel = null;
  tell();
  return work;
}

/** Take in one report of the engine. */
function hear(work, { error, aux, stream, id, status, progressDetail }) {
  if (error) work.problem ??= new Problem(500, { detail: error });
  if (aux?.ID) work.image = aux.ID;
  if (id && status && !status.startsWith("Pulling from")) {
    if (work.layers.has(id) || work.layers.size < MOST_LAYERS) work.layers.set(id, { status, ...progressDetail });
  } else {
    write(work, stream ?? (status ? `${status}\n` : ""));
  }
  tell();
}

function write(work, text) {
  work.written += text.length;
  work.text += text;
  if (work.text.length > 2 * MOST_TEXT) work.text = work.text.slice(-MOST_TEXT);
}
