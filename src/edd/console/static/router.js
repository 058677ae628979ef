/** Pages have real addresses; links between them do not load the console anew. */

import { useEffect, useState } from "./html.js";

const MOVED = "edd:moved";

/** Go to the page at `path`, as if a link to it had been followed. */
export function go(path) {
  if (path === location.pathname + location.search) return;
  history.replaceState({ y: scrollY }, "");
  history.pushState(null, "", path);
  dispatchEvent(new Event(MOVED));
}

/** What `read` finds in the address; the component is drawn again when that changes. */
export function useAddress(read) {
  const [found, setFound] = useState(read);
  useEffect(() => {
    const moved = () => setFound(read);
    addEventListener(MOVED, moved);
    addEventListener("popstate", moved);
    return () => {
      removeEventListener(MOVED, moved);
      removeEventListener("popstate", moved);
    };
  }, []);
  return [found, setFound];
}

/** The path that is shown. */
export const usePath = () => useAddress(() => location.pathname)[0];

/** Follow links of this console in place; leave new tabs, downloads and other sites alone. */
export function followLinks(event) {
  const link = event.target.closest?.("a[href]");
  const special = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button;
  if (!link || special || event.defaultPrevented) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
