/** When lines were written, and the times between which they are wanted. */

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

const two = (number, digits = 2) => String(number).padStart(digits, "0");

/** Return a moment as a clock on the wall has it here: `2026-11-27 14:05:09.123`. */
export function local(moment) {
  const at = new Date(moment);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}

/**
 * Take the time off a line that begins with one.
 *
 * `times` says how it is wanted: `local`, `written`, or not at all, when the line is left alone.
 */
export function timed(line, times) {
  const found = times && STAMP.exec(line);
  if (!found) return { when: "", words: line };
  return { when: times === "local" ? local(found[1]) : found[1], words: line.slice(found[0].length) };
}

/** Return what a field of `datetime-local` says in seconds since 1970; 0 if nothing. */
export function seconds(field) {
  const moment = Date.parse(field);
  return moment > 0 ? Math.floor(moment / 1000) : 0;
}

/** Return the moment `ago` seconds before now as a field of `datetime-local` takes it. */
export function fieldOf(ago) {
  return local(Date.now() - ago * 1000).slice(0, 16).replace(" ", "T");
}
