/** A log as it is read: into a view, for as long as somebody looks. */

import { useEffect, useRef, useState } from "../html.js";
import { LogView } from "../logview.js";
import { seconds } from "./times.js";

export const BETWEEN = "between";

/** A link that breaks so often in a row is given up; one that held for `STEADY` counts anew. */
const MOST_TRIES = 5;
const WAIT = 700;
const STEADY = 10_000;

/** Return what is asked of a source, in seconds since 1970, for what was chosen. */
export function wishOf({ span, from, to, ...rest }) {
  const between = span === BETWEEN;
  const ago = Number(span) ? Math.floor(Date.now() / 1000) - span : 0;
  return { ...rest, since: between ? seconds(from) : ago, until: between ? seconds(to) : 0 };
}

/** Read the log into `view` until `signal` says so; one that is followed is read anew when the link breaks. */
async function read(source, chosen, view, signal, told) {
  for (let tries = MOST_TRIES; tries; tries -= 1) {
    const began = Date.now();
    const error = await once(source, chosen, view, signal).catch((problem) => problem);
    if (signal.aborted) return;
    const lost = error && !error.status;
    if (!lost || !chosen.follow || tries === 1) {
      view.end();
      told({ reading: false, error: error?.status === undefined ? null : error });
      return;
    }
    if (Date.now() - began > STEADY) tries = MOST_TRIES;
    await new Promise((done) => setTimeout(done, WAIT));
  }
}

/** Read the log once. What the view has is kept until there is something newer. */
async function once(source, chosen, view, signal) {
  let fresh = true;
  for await (const piece of source.text(wishOf(chosen), signal)) {
    if (signal.aborted) return;
    if (fresh) view.clear();
    fresh = false;
    await view.add(piece);
  }
}

/**
 * Show the log of `source` in `box`, read anew when `chosen` changes; `there` says that there is one.
 *
 * Return the view, how it stands (`lines`, `reading`, `error`), and a function that reads again.
 */
export function useLog(source, chosen, box, there) {
  const view = useRef(null);
  const [state, setState] = useState({ lines: 0, reading: true, error: null });
  const [turn, setTurn] = useState(0);
  const { tail, span, from, to, times, follow } = chosen;
  useEffect(() => {
    const told = (more) => setState((all) => ({ ...all, ...more }));
    view.current ??= new LogView(box.current, () => told({ lines: view.current.count }));
    view.current.clear();
    view.current.times = times;
    told({ lines: 0, error: null, reading: true });
    const abort = new AbortController();
    if (there) read(source, chosen, view.current, abort.signal, told);
    return () => abort.abort();
  }, [source.key, tail, span, from, to, times, follow, turn, there]);
  return [view, state, () => setTurn(turn + 1)];
}
