/** What is in a folder of a running container, asked of the container's own shell. */

import { Problem } from "../api.js";
import { inShell } from "../exec.js";
import { escaped, ofBytes } from "../paths.js";

/** Entries of a folder that are listed. */
const MOST_ENTRIES = 5000;
const MOST_LINKS = 300;
const NO_FOLDER = 66;
const NO_STAT = 67;

// Prints, each behind it a NUL: the folder's owner, the number of its entries; for some of them at a
// time what stat says of each, their number, and their names; at last the place of a link, with a
// slash if it leads to a folder, and what it says. No name ever becomes a part of the script: its
// words are "$1" and the like. The shell may take 256 MiB, so that a folder of millions harms no one.
const SCRIPT = `
ulimit -v 262144 2>/dev/null
p=$(printf '%b.' "$1")
cd "\${p%.}" 2>/dev/null || exit ${NO_FOLDER}
o=$(stat -c '%u %g' . 2>/dev/null) || exit ${NO_STAT}
set -- ./..?*; [ -e "$1" ] || [ -L "$1" ] || shift
set -- ./.[!.]* "$@"; [ -e "$1" ] || [ -L "$1" ] || shift
set -- ./* "$@"; [ -e "$1" ] || [ -L "$1" ] || shift
printf '%s\\0' "$o" "$#"
show() { stat -c '%f %s %Y %u %g %U %G %n' "$@" 2>/dev/null; printf '\\0%s\\0' "$#"; printf '%s\\0' "$@"; }
m=${MOST_ENTRIES}; [ $# -lt $m ] && m=$#
i=0
while [ $i -lt $m ]; do
n=0 a=
while [ $n -lt 250 ] && [ $i -lt $m ]; do i=$((i+1)) n=$((n+1)) a="$a \\"\\\${$i}\\""; done
eval "show $a"
done
i=0 n=0
while [ $i -lt $m ] && [ $n -lt ${MOST_LINKS} ]; do
i=$((i+1)); eval "f=\\\${$i}"
[ -L "$f" ] || continue
n=$((n+1)) d=; [ -d "$f" ] && d=/
printf '%s\\0' "$i$d" "$(readlink -n "$f")"
done`;

/**
 * Return `{ owner, total, entries, cut }` of the folder at `path` (bytes, see paths.js).
 *
 * `owner` is `{ uid, gid }`; each entry has a `name` and, unless it vanished meanwhile, `mode`,
 * `size`, `mtime`, `uid`, `gid`, `user` and `group`; a link also `target`, and `leads` if it leads to a
 * folder. `cut`: there are more entries than are listed.
 *
 * Throws a `Problem`: `no-folder` where that is none, `no-shell` or `no-stat` where nothing can be
 * listed, and the engine's own, as of a container that is stopped.
 */
export async function listingOf(id, path) {
  const { out, code, cut, err } = await inShell(id, SCRIPT, escaped(path));
  if (code === NO_FOLDER) throw new Problem(404, { code: "no-folder", detail: "This is no folder." });
  if (code === NO_STAT) throw new Problem(409, { code: "no-stat", detail: "The container has no stat." });
  const found = parsed(ofBytes(out));
  if (!found) throw new Problem(502, { code: "no-listing", detail: err.trim() || "The container's shell answered strangely." });
  return { ...found, cut: cut || found.entries.length < found.total };
}

/** Return what the script printed, as far as it came, or null if that is something else. */
export function parsed(text) {
  const words = text.split("\0");
  const owner = /^(\d+) (\d+)$/.exec(words[0]);
  if (!owner || !/^\d+$/.test(words[1])) return null;
  const total = Number(words[1]);
  const most = Math.min(total, MOST_ENTRIES);
  const entries = [];
  let at = 2;
  while (entries.length < most && at + 1 < words.length) {
    const names = words.slice(at + 2, at + 2 + Number(words[at + 1]));
    const whole = at + 2 + names.length < words.length ? names : names.slice(0, -1);
    entries.push(...described(words[at], whole));
    at += 2 + names.length;
    if (!names.length) break;
  }
  for (; at + 1 < words.length; at += 2) {
    const entry = entries[parseInt(words[at], 10) - 1];
    if (entry) Object.assign(entry, { target: words[at + 1], leads: words[at].endsWith("/") });
  }
  return { owner: { uid: Number(owner[1]), gid: Number(owner[2]) }, total, entries };
}

const LINE = /([0-9a-f]+) (\d+) (-?\d+) (\d+) (\d+) (\S+) (\S+) /y;

/** Return an entry for each name; `lines` has what stat says of each that was still there, in order. */
function described(lines, names) {
  let at = 0;
  return names.map((word) => {
    const entry = { name: word.slice(2) };
    LINE.lastIndex = at;
    const found = LINE.exec(lines);
    if (!found || !lines.startsWith(`${word}\n`, LINE.lastIndex)) return entry;
    at = LINE.lastIndex + word.length + 1;
    const [mode, size, mtime, uid, gid] = [parseInt(found[1], 16), ...found.slice(2, 6).map(Number)];
    return { ...entry, mode, size, mtime, uid, gid, user: found[6], group: found[7] };
  });
}

const TYPES = { 0o040000: "folder", 0o100000: "file", 0o120000: "link", 0o020000: "device", 0o060000: "device", 0o010000: "pipe", 0o140000: "socket" };
const LETTERS = { folder: "d", link: "l", pipe: "p", socket: "s", device: "c" };

/** Return what an entry is: folder, file, link, device, pipe, socket, or unknown. */
export function kindOf({ mode }) {
  return (mode !== undefined && TYPES[mode & 0o170000]) || "unknown";
}

/** Return a mode as `ls -l` writes it. */
export function modeWords(mode, kind) {
  const bits = [0, 1, 2].map((who) => {
    const three = (mode >> (6 - 3 * who)) & 7;
    const special = mode & (0o4000 >> who);
    const last = special ? (three & 1 ? "sst"[who] : "SST"[who]) : three & 1 ? "x" : "-";
    return (three & 4 ? "r" : "-") + (three & 2 ? "w" : "-") + last;
  });
  return (LETTERS[kind] || "-") + bits.join("");
}
