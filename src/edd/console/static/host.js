/** The host that all pages are about, and what its caller may do there. */

import { useLive } from "./live.js";

const ROLES = ["viewer", "deployer", "admin"];

/** Return what the host says of itself and of this caller. */
export function useHost() {
  return useLive("/v1/info", 3);
}

/** Tell whether the caller has at least the role `needed`. */
export function may(info, needed) {
  return ROLES.indexOf(info?.role) >= ROLES.indexOf(needed);
}
