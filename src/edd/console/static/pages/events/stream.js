/**
 * The engine's events, read as long as the page is there.
 *
 * They come by fetch rather than a WebSocket: a flood waits at its source then, a refusal comes
 * with its advice, and a time that is over ends by itself.
 */

import { request } from "../../api.js";
import { linesOf } from "../../engine.js";
import { useEffect, useRef, useState } from "../../html.js";
import { EventLog } from "./log.js";

const DRAW = 250;
const PATIENCE = 10_000;

function queryOf({ type, action, from, to }, since) {
  const filters = Object.fromEntries([["type", type], ["event", action]].filter(([, word]) => word).map(([name, word]) => [name, [word]]));
  const words = new URLSearchParams({ since: since ?? from, filters: JSON.stringify(filters) });
  if (to) words.set("until", to);
  return words;
}

/** Take events into `log` until `signal` says so; what breaks off is joined again where it broke. */
async function follow(asked, log, signal, told) {
  for (let wait = 500; !signal.aborted; wait = Math.min(2 * wait, PATIENCE)) {
    try {
      const answer = await request("GET", `/docker/events?${queryOf(asked, log.since)}`, { signal });
      told({ state: "live", error: null });
      for await (const line of linesOf(answer)) {
        wait = 500;
        if (log.take(line)) told({});
      }
      if (asked.to) return told({ state: "whole" });
    } catch (error) {
      if (signal.aborted) return undefined;
      told({ state: "away", error: error.status === undefined ? null : error });
      if (error.status >= 400 && error.status < 500) return undefined;
    }
    told({ state: "away" });
    await new Promise((later) => setTimeout(later, wait));
    log.join();
  }
  return undefined;
}

/** Return the log of what is asked for, and how reading it goes. */
export function useEvents(asked) {
  const log = useRef(null);
  const [state, setState] = useState({ state: "asking", error: null });
  useEffect(() => {
    const abort = new AbortController();
    log.current = new EventLog();
    let timer = 0;
    let news = { state: "asking", error: null };
    const told = (more) => {
      news = { ...news, ...more };
      timer ||= setTimeout(() => {
        timer = 0;
        if (!abort.signal.aborted) setState({ ...news });
      }, DRAW);
    };
    told({});
    follow(asked, log.current, abort.signal, told);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked]);
  return [log, state];
}
