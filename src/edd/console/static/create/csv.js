/** Fields between commas, as `--mount`, `--network` and `--gpus` have them (RFC 4180). */

import { Unfit } from "./quantities.js";

/** Return the fields of `text`. Throws `Unfit`. */
export function fieldsOf(text) {
  const found = [];
  for (let rest = text; ; ) {
    const match = rest.match(/^(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/s);
    if (!match) throw new Unfit(`A " in ${text} has no partner, or stands within a field.`);
    found.push(match[1] !== undefined ? match[1].replaceAll('""', '"') : match[2]);
    if (!match[0].endsWith(",")) return found;
    rest = rest.slice(match[0].length);
    if (!rest) return [...found, ""];
  }
}

/** Return a text with exactly these fields. */
export function textOf(fields) {
  return fields.map((one) => (/[",\n]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one)).join(",");
}

/** Return the part before the first `=` and the part after it; the latter is undefined without one. */
export function pair(text) {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
