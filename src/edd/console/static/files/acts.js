/** Files renamed and deleted by the container's own programs: each name is a word of its own. */

import { checked, inShell, perform } from "../exec.js";
import { escaped, toText } from "../paths.js";

const A_TIME = 200;

// For names that are not UTF-8, which no JSON holds: each word comes escaped.
const DECODED = `
program=$1 flags=$2; shift 2; n=$#
while [ $n -gt 0 ]; do d=$(printf '%b.' "$1"); shift; set -- "$@" "\${d%.}"; n=$((n-1)); done
exec "$program" "$flags" -- "$@"`;

/** Call what is at `from` `to` from now on; nothing that is there is replaced. */
export async function rename(id, from, to) {
  await act(id, "mv", "-n", [from, to]);
}

/** Delete what is at `paths`, folders with all that is in them; links themselves. */
export async function remove(id, paths) {
  for (let at = 0; at < paths.length; at += A_TIME) {
    await act(id, "rm", "-rf", paths.slice(at, at + A_TIME));
  }
}

async function act(id, program, flags, paths) {
  const words = paths.map(toText);
  if (!words.includes(null)) return perform(id, program, [flags, "--", ...words]);
  return checked(program, await inShell(id, DECODED, program, flags, ...paths.map(escaped)));
}
