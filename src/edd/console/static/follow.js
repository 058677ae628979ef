/** A stream of the host that is opened again when it breaks off, and only while somebody looks. */

import { Problem } from "./api.js";
import { Stream } from "./streams.js";

const FIRST_WAIT = 1;
const LONGEST_WAIT = 30;

/**
 * Read the stream at `path` (see streams.js) until the function that is returned is called.
 *
 * `heard(bytes)` gets what comes; `begun()` is told before the first bytes of each connection, and
 * `stands(state, problem)` whether it is "open", "waiting" to try again, or "refused", which is not
 * tried again. A page that is hidden has it closed, and opened when it is seen again.
 */
export function follow(path, { heard, begun, stands }) {
  let stream = null;
  let timer = 0;
  let wait = FIRST_WAIT;
  let over = false;

  const open = () => {
    clearTimeout(timer);
    if (over || stream || document.hidden) return;
    const mine = new Stream(path, {
      began: begun,
      came(bytes) {
        wait = FIRST_WAIT;
        stands("open");
        heard(bytes);
      },
      ended({ words, status }) {
        if (stream !== mine) return;
        stream = null;
        const problem = new Problem(status, { detail: words || "The engine let go of it." });
        if (status && status < 500) {
          over = true;
          stands("refused", problem);
          return;
        }
        stands("waiting", problem);
        timer = setTimeout(open, wait * 1000);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      },
    });
    stream = mine;
  };

  const close = () => {
    clearTimeout(timer);
    const mine = stream;
    stream = null;
    mine?.close();
  };
  const seen = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", seen);
  open();
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", seen);
    close();
  };
}

/** Return a function that takes bytes as they come and calls `told` with each line's JSON. */
export function jsonLines(told, longest = 1 << 20) {
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop();
    if (rest.length > longest) rest = "";
    for (const line of lines) if (line.trim()) told(JSON.parse(line));
  };
}
