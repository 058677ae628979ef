/** What a page shows is asked for again and again while somebody looks at it. */

import { get } from "./api.js";
import { useEffect, useRef, useState } from "./html.js";

const known = new Map();
const MOST = 60;

/**
 * Return the newest answer of `path`, asked for every `seconds` while the page is seen.
 *
 * `data` is the last good answer, also after an `error`; none as long as there was none.
 * `refresh` asks at once. Without a path nothing is asked.
 */
export function useLive(path, seconds = 3) {
  const [, redraw] = useState(0);
  const error = useRef(null);
  const ask = useRef(() => {});
  useEffect(() => {
    if (!path) return;
    const poll = poller(path, seconds, error.current, (problem) => {
      error.current = problem;
      redraw((count) => count + 1);
    });
    ask.current = poll.now;
    return poll.end;
  }, [path, seconds]);
  return { data: known.get(path)?.data, error: error.current, refresh: () => ask.current() };
}

function poller(path, seconds, failed, changed) {
  const abort = new AbortController();
  let timer = 0;
  let newest = 0;
  const ask = async () => {
    clearTimeout(timer);
    const mine = performance.now();
    try {
      const data = await get(path, abort.signal);
      // One that was asked for later may be here first.
      if (mine < newest) return;
      newest = mine;
      if (keep(path, data) || failed) changed(null);
      failed = false;
    } catch (problem) {
      if (abort.signal.aborted) return;
      // One request that got lost is not worth a word: the next one tells more.
      const lost = problem.status === 0 && !failed;
      failed = true;
      if (lost) return plan(0.5);
      changed(problem);
    }
    plan(seconds);
  };
  const plan = (wait) => {
    clearTimeout(timer);
    if (!document.hidden && !abort.signal.aborted) timer = setTimeout(ask, wait * 1000);
  };
  const seen = () => (document.hidden ? clearTimeout(timer) : ask());
  document.addEventListener("visibilitychange", seen);
  ask();
  return {
    now: ask,
    end: () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}

/** Keep an answer for the next page that asks the same; tell whether it is a new one. */
function keep(path, data) {
  const text = JSON.stringify(data);
  if (known.get(path)?.text === text) return false;
  known.delete(path);
  known.set(path, { text, data });
  if (known.size > MOST) known.delete(known.keys().next().value);
  return true;
}

/** Draw the component again and again, so that "3 min ago" stays true. */
export function useClock() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick((count) => count + 1), 15_000);
    return () => clearInterval(timer);
  }, []);
}
