/** The way on after something that took its time. */

import { useEffect, useRef } from "./html.js";
import { go } from "./router.js";

/** Return `go` for as long as the component is there: who has left meanwhile is not taken elsewhere. */
export function useGo() {
  const here = useRef(true);
  useEffect(() => () => (here.current = false), []);
  return (path) => here.current && go(path);
}
