/** The options of `docker run`: which take a value, and which mean nothing to an engine. */

import { FIELDS, optionOf } from "./fields.js";
import { isSwitch } from "./kinds.js";

export const SHORT = {
  a: "attach", c: "cpu-shares", d: "detach", e: "env", h: "hostname", i: "interactive", l: "label", m: "memory",
  p: "publish", P: "publish-all", q: "quiet", t: "tty", u: "user", v: "volume", w: "workdir",
};

/** Old names, and what they are called now. */
export const ALIASES = { net: "network", "net-alias": "network-alias", "dns-opt": "dns-option" };

const FILE = "it names a file of the machine where the line is typed";
const WINDOWS = "it means something to Windows alone";
const TERMINAL = "it is for the terminal where the line is typed";

/** Options that no field takes over, and why. */
export const LEFT_OUT = {
  attach: TERMINAL,
  cidfile: FILE,
  "cpu-count": WINDOWS,
  "cpu-percent": WINDOWS,
  "detach-keys": TERMINAL,
  "disable-content-trust": "engines check no signatures",
  "env-file": `${FILE}; paste its lines into the environment`,
  help: "it asks for a text",
  "io-maxbandwidth": WINDOWS,
  "io-maxiops": WINDOWS,
  isolation: WINDOWS,
  "label-file": `${FILE}; paste its lines into the labels`,
  quiet: TERMINAL,
  "sig-proxy": TERMINAL,
  "use-api-socket": "it hands the engine's own socket and your credentials to the container; mount the socket if you mean that",
};

/** Options of the form that are no field with one place. */
const SPECIAL = [
  "env", "ip", "ip6", "label", "link-local-ip", "mac-address", "mount", "name", "network", "network-alias", "platform",
  "publish", "pull", "tmpfs", "volume",
];

const SWITCHES = ["detach", "disable-content-trust", "help", "quiet", "sig-proxy", "use-api-socket"];

/** Options that never take the next word as their value. */
export const BOOLEAN = new Set([...SWITCHES, ...named(isSwitch)]);

/** All others. */
export const VALUED = new Set(
  [...SPECIAL, ...Object.keys(LEFT_OUT), ...Object.keys(ALIASES), ...named((kind) => !isSwitch(kind))].filter((name) => !BOOLEAN.has(name)),
);

function named(fits) {
  return FIELDS.filter(({ kind, name }) => fits(kind) && name !== "command").map(optionOf).filter(Boolean);
}
