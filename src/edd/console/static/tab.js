/** What goes on in this tab of the browser while other pages are looked at, and who draws it. */

import { useEffect, useState } from "./html.js";

const PAUSE = 50;

function hold(event) {
  event.preventDefault();
}

const going = new Set();

/**
 * Return `{ watch, useChanges, tell }` for something that changes.
 *
 * `tell` has whoever watches called, and components that use it drawn again, a few times a second
 * however often it is called. While `goesOn` says that something would be lost with the tab, the
 * browser asks before it closes that.
 */
export function changing(goesOn = () => false) {
  const watchers = new Set();
  let waiting = false;
  const watch = (watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  };
  const tell = () => {
    if (goesOn()) going.add(tell);
    else going.delete(tell);
    (going.size ? addEventListener : removeEventListener)("beforeunload", hold);
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      watchers.forEach((watcher) => watcher());
    }, PAUSE);
  };
  return {
    watch,
    tell,
    useChanges() {
      const [, redraw] = useState(0);
      useEffect(() => watch(() => redraw((count) => count + 1)), []);
    },
  };
}
