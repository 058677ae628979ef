/** Which names are in use in a folder, before something is to have them. */

import { Problem } from "../api.js";
import { isName, within } from "../paths.js";
import { statOf } from "./archives.js";
import { listingOf } from "./listing.js";

const AT_A_TIME = 4;

/** Return which of `names` something in `folder` has; a folder that is `listable` is asked once for all. */
export async function takenOf(id, folder, names, listable) {
  if (listable) {
    const { entries, cut } = await listingOf(id, folder);
    const there = new Set(entries.map(({ name }) => name));
    if (!cut) return names.filter((name) => there.has(name));
  }
  const found = [];
  const rest = [...names];
  const asks = Array.from({ length: AT_A_TIME }, async () => {
    for (let name; (name = rest.shift()) !== undefined; ) if (await statOf(id, within(folder, name))) found.push(name);
  });
  await Promise.all(asks);
  return found;
}

/** Throw a `Problem` unless something may be called `name` in `folder`. */
export async function refuseTaken(id, folder, name, listable) {
  if (!isName(name)) throw new Problem(400, { detail: "A name has no slash, and is not made of dots alone." });
  const taken = await takenOf(id, folder, [name], listable);
  if (taken.length) throw new Problem(409, { detail: "There is something of this name already." });
}
