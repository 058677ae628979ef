/** Where logs come from: deployments, and containers of the engine. */

import { get, pieces, request } from "../api.js";
import { Frames, Sides } from "./frames.js";

/** Bytes of a log that a page puts together for saving. */
const MOST_SAVED = 512 << 20;

const PATTERN = /^(deployments|containers)\/([a-zA-Z0-9][\w.-]*)$/;

/** Return the source that an address names, such as `deployments/web`; nothing if it names none. */
export function sourceOf(key) {
  const [, kind, name] = PATTERN.exec(key ?? "") ?? [];
  return kind && { deployments: deploymentLog, containers: containerLog }[kind](name);
}

/** The log of a deployment, which the host tells as text. */
export function deploymentLog(name) {
  const path = (asked) => `/v1/deployments/${name}/logs?${query(asked)}`;
  return {
    key: `deployments/${name}`,
    name,
    async *text(asked, signal) {
      yield* pieces(await request("GET", path(asked), { signal, accept: "text/plain" }));
    },
    file: (asked) => path(whole(asked)),
  };
}

/** The log of a container. Without a terminal it comes in frames, and errors are told apart. */
export function containerLog(name) {
  const at = `/docker/containers/${encodeURIComponent(name)}`;
  const path = (asked) => `${at}/logs?stdout=1&stderr=1&${query(asked)}`;
  const framed = async (signal) => !(await get(`${at}/json`, signal)).Config.Tty;
  return {
    key: `containers/${name}`,
    name,
    async *text(asked, signal) {
      const frames = await framed(signal);
      const answer = await request("GET", path(asked), { signal, accept: "*/*" });
      yield* frames ? lines(answer) : pieces(answer);
    },
    file: (asked) => path(whole(asked)),
    /** Return the log as a file, without frames; cut if it is beyond all bounds. */
    async saved(asked) {
      const frames = await framed();
      const answer = await request("GET", path(whole(asked)), { accept: "*/*" });
      return frames ? unframed(answer) : { blob: await answer.blob() };
    },
  };
}

/** All of a time, whatever part of it is shown. */
function whole({ since, until, times }) {
  return { since, until, times };
}

function query({ tail, since, until, times, follow }) {
  const words = new URLSearchParams();
  if (tail) words.set("tail", tail);
  if (since) words.set("since", since);
  if (until) words.set("until", until);
  if (times) words.set("timestamps", "1");
  // An engine would wait for a line after the end of time.
  if (follow && !(until && until < Date.now() / 1000)) words.set("follow", "1");
  return words;
}

async function* chunks(answer) {
  const reader = answer.body.getReader();
  try {
    for (let next; !(next = await reader.read()).done; ) yield next.value;
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function* lines(answer) {
  const sides = new Sides();
  for await (const chunk of chunks(answer)) yield sides.take(chunk);
  yield sides.rest();
}

async function unframed(answer) {
  const frames = new Frames();
  const parts = [];
  let size = 0;
  for await (const chunk of chunks(answer)) {
    // A browser keeps what is in blobs out of the page's memory.
    parts.push(new Blob([...frames.take(chunk)].map(([, part]) => part)));
    size += parts.at(-1).size;
    if (size > MOST_SAVED) return { blob: new Blob(parts), cut: true };
  }
  return { blob: new Blob(parts) };
}
