/** Facts as people read them. Nothing here is trusted: names and words come from elsewhere. */

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Return `words` with characters that control, hide or change direction as visible escapes. */
export function plain(words) {
  return String(words).replace(HIDDEN, (one) => `\\u${one.charCodeAt().toString(16).padStart(4, "0")}`);
}

// A number and its unit stay on one line.
const NB = "\u00a0";

/** Bytes in powers of 1000, as Docker counts: `1.5 MB`. */
export function size(count) {
  let amount = count;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (amount < 999.5) return `${amount.toFixed(unit === "B" || amount >= 100 ? 0 : 1)}${NB}${unit}`;
    amount /= 1000;
  }
  return `${amount.toFixed(1)}${NB}TB`;
}

/** A length of time in its largest units: `0.4 s`, `3 min`, `2 d 4 h`. */
export function span(seconds) {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}${NB}s`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(seconds / 3600);
  const days = Math.floor(seconds / 86400);
  if (!hours) return `${minutes}${NB}min`;
  if (!days) return `${hours} h ${minutes % 60} min`;
  return days < 14 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** How long ago an RFC 3339 time was; a moment that has not come counts as now. */
export function age(stamp) {
  const then = Date.parse(stamp);
  if (!(then > 0)) return "–";
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  return seconds < 10 ? "just now" : `${span(seconds)} ago`;
}

/** How long something took, or has taken so far. */
export function took(start, end) {
  const until = end ? Date.parse(end) : Date.now();
  return span(Math.max(0, (until - Date.parse(start)) / 1000));
}

/** A digest in Docker's short form. */
export function short(digest) {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** `1 line`, `2,000 lines`. */
export function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}
