/** What a container changed of its image: an answer that may have hundreds of thousands of entries. */

import { pieces, Problem, request } from "./api.js";

/** Entries that are kept, and characters that are read. */
export const MOST_CHANGES = 500_000;
const MOST_CHARACTERS = 128 << 20;
const LONGEST = 1 << 20;
const RUN = 4000;

/** What the engine's numbers of a change mean. */
export const KINDS = ["modified", "added", "deleted"];

// Between two entries: in a path every quote has a backslash before it, or ends the path.
const BORDERS = ['},{"Kind":', '},{"Path":'];

/**
 * Read the changes of a container as they come; return `{ entries, cut }`, in the order of paths.
 *
 * Each entry is `{ Kind, Path }`. `counted(number)` is told how many there are, now and then. Nothing
 * holds the page up: the answer is taken apart and sorted piece by piece.
 */
export async function changesOf(id, signal, counted) {
  const answer = await request("GET", `/docker/containers/${id}/changes`, { signal });
  const runs = [[]];
  let rest = "";
  let read = 0;
  let cut = false;
  for await (const piece of pieces(answer)) {
    read += piece.length;
    rest = take(rest + piece, runs.at(-1));
    if (rest.length > LONGEST) throw new Problem(502, { detail: "The engine's answer makes no sense." });
    if (runs.at(-1).length >= RUN) {
      runs.at(-1).sort(compared);
      runs.push([]);
    }
    const number = runs.reduce((sum, run) => sum + run.length, 0);
    counted(number);
    cut = number > MOST_CHANGES || read > MOST_CHARACTERS;
    if (cut) break;
  }
  if (!cut) for (const entry of JSON.parse(rest || "null") || []) runs.at(-1).push(entry);
  runs.at(-1).sort(compared);
  return { entries: (await merged(runs)).slice(0, MOST_CHANGES), cut };
}

/** Take the whole entries out of `text`, but for the last; return what is left, a list again. */
export function take(text, entries) {
  const border = Math.max(...BORDERS.map((words) => text.lastIndexOf(words)));
  if (border < 0) return text;
  for (const entry of JSON.parse(`${text.slice(0, border + 1)}]`)) entries.push(entry);
  return `[${text.slice(border + 2)}`;
}

function compared({ Path: one }, { Path: other }) {
  return one < other ? -1 : 1;
}

/** Return one sorted run made of all, with a breath for the page between two steps. */
async function merged(runs) {
  while (runs.length > 1) {
    const next = [];
    for (let at = 0; at < runs.length; at += 2) {
      next.push(runs[at + 1] ? merge(runs[at], runs[at + 1]) : runs[at]);
      await new Promise((breath) => setTimeout(breath));
    }
    runs = next;
  }
  return runs[0];
}

function merge(one, other) {
  const whole = [];
  let [left, right] = [0, 0];
  while (left < one.length && right < other.length) {
    whole.push(compared(one[left], other[right]) < 0 ? one[left++] : other[right++]);
  }
  while (left < one.length) whole.push(one[left++]);
  while (right < other.length) whole.push(other[right++]);
  return whole;
}
