/** A stream of the host that is opened again when it breaks off, and only while somebody looks. */

import { Problem } from "./api.js";

const FIRST_WAIT = 1;
const LONGEST_WAIT = 30;

/**
 * Read the stream at `path` until the function that is returned is called.
 *
 * `heard(bytes)` gets what comes; `begun()` is told before the first bytes of each connection, and
 * `stands(state, problem)` whether it is "open", "waiting" to try again, or "refused", which is not
 * tried again. A page that is hidden has it closed, and opened when it is seen again.
 */
export function follow(path, { heard, begun, stands }) {
  let socket = null;
  let timer = 0;
  let wait = FIRST_WAIT;
  let over = false;

  const open = () => {
    clearTimeout(timer);
    if (over || socket || document.hidden) return;
    const mine = new WebSocket(location.origin.replace(/^http/, "ws") + path);
    let problem = null;
    socket = mine;
    mine.binaryType = "arraybuffer";
    mine.onmessage = ({ data }) => {
      if (typeof data === "string") {
        const { error, status } = JSON.parse(data);
        if (error) problem = new Problem(status, { detail: error });
        else begun();
        return;
      }
      wait = FIRST_WAIT;
      stands("open");
      heard(new Uint8Array(data));
    };
    mine.onclose = ({ reason }) => {
      if (socket !== mine) return;
      socket = null;
      if (problem && problem.status < 500) {
        over = true;
        stands("refused", problem);
        return;
      }
      const broken = reason || "The connection to the host broke off.";
      stands("waiting", problem || new Problem(0, { detail: broken }));
      timer = setTimeout(open, wait * 1000);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  };

  const close = () => {
    clearTimeout(timer);
    const mine = socket;
    socket = null;
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
