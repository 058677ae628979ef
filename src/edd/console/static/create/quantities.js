/** Amounts as `docker run` takes them, and as the engine has them. */

const UNITS = ["", "k", "m", "g", "t", "p"];
const SPANS = [["h", 3600e9], ["m", 60e9], ["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];
const SPAN = Object.fromEntries([...SPANS, ["µs", 1e3]]);

/** Why a text is not what a field takes, in one sentence. */
export class Unfit extends Error {}

/** Return the bytes of `512m`, `1.5 GiB`, `1024`, which may be a fraction; not a number if it is no size. */
export function amount(text) {
  const found = text.match(/^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?$/i);
  return found ? found[1] * 1024 ** UNITS.indexOf(found[2].toLowerCase()) : NaN;
}

/** Return the whole bytes of `512m`, `1.5g`, `1024`. Throws `Unfit`. */
export function bytes(text) {
  const found = amount(text);
  if (Number.isNaN(found)) throw new Unfit(`${text} is no size: write it like 512m or 2g.`);
  return whole(Math.floor(found), text);
}

/** Return a size in its largest unit that leaves no rest. */
export function sized(count) {
  let unit = 0;
  let amount = count;
  while (amount >= 1024 && amount % 1024 === 0 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount}${UNITS[unit]}`;
}

/** Return the nanoseconds of `1m30s`, `500ms`. Throws `Unfit`. */
export function nanoseconds(text) {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+$/.test(text)) {
    throw new Unfit(`${text} is no time: write it like 30s or 1m30s.`);
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)];
  return whole(Math.round(parts.reduce((sum, [, amount, unit]) => sum + amount * SPAN[unit], 0)), text);
}

/** Return a length of time in its largest unit that leaves no rest. */
export function spanned(count) {
  const [unit, each] = SPANS.find(([, size]) => count % size === 0);
  return `${count / each}${unit}`;
}

/** Return the whole number `text` says, between `min` and `max`. Throws `Unfit`. */
export function integer(text, min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  if (!/^-?\d+$/.test(text)) throw new Unfit(`${text} is no whole number.`);
  const number = whole(Number(text), text);
  if (number < min || number > max) throw new Unfit(`${text} is not from ${min} to ${max}.`);
  return number;
}

function whole(number, text) {
  if (!Number.isSafeInteger(number)) throw new Unfit(`${text} is more than can be counted here.`);
  return number;
}
