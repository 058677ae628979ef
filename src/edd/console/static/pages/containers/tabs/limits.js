/** What a container may use: the engine's fields, as people write them. Nothing here asks or draws. */

import { amount, sized } from "../../../create/quantities.js";

const BILLION = 1e9;

/** Return bytes as `amount` reads them; `-1` and no limit stay. */
export function sizeText(bytes) {
  if (!bytes || bytes < 0) return bytes ? String(bytes) : "";
  return sized(bytes);
}

/** Return the bytes of a size; not a number if it is none. */
export const sizeOf = (text) => Math.round(amount(text));

const numberOf = (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
const numberText = (value) => (value ? String(value) : "");
const cpus = { text: (value) => numberText(value / BILLION), of: (text) => Math.round(numberOf(text) * BILLION) };
const whole = { text: numberText, of: numberOf };
const bytes = { text: sizeText, of: sizeOf };
const swap = { text: sizeText, of: (text) => (text === "-1" ? -1 : sizeOf(text)) };

/** The limits: the engine's name, the words, how it is written, and what values it may have. */
export const FIELDS = [
  { name: "NanoCpus", words: "CPUs", kind: cpus, least: 1e7, hint: "such as 0.5 or 2; instead of period and quota" },
  { name: "CpuShares", words: "CPU shares", kind: whole, least: 2, most: 262144, hint: "weight among others, 1024 is usual" },
  { name: "CpuPeriod", words: "CPU period, µs", kind: whole, least: 1000, most: 1000000, hint: "1000 to 1000000" },
  { name: "CpuQuota", words: "CPU quota, µs", kind: whole, least: -1, hint: "of each period; -1 for no limit" },
  { name: "Memory", words: "Memory", kind: bytes, least: 6 << 20, hint: "such as 512m or 2g" },
  { name: "MemorySwap", words: "Memory with swap", kind: swap, least: -1, hint: "at least the memory; -1 for no limit" },
  { name: "MemoryReservation", words: "Memory kept for it", kind: bytes, least: 1, hint: "less than the memory" },
  { name: "BlkioWeight", words: "Block I/O weight", kind: whole, least: 10, most: 1000, hint: "10 to 1000" },
];

/** Return the limits of a container as texts, by the engine's names. */
export function textsOf(hostConfig) {
  return Object.fromEntries(FIELDS.map(({ name, kind }) => [name, kind.text(hostConfig[name] || 0)]));
}

/** Return what is wrong with `text` for a field that now is `was`; nothing if it will do. */
export function complaint({ kind, least, most }, text, was) {
  if (text === was) return "";
  if (!text) return "The engine cannot take a limit away from a container: give it another one, or duplicate the container without it.";
  const value = kind.of(text);
  if (!Number.isSafeInteger(value)) return Number.isFinite(value) ? "That is more than the console can count, or no whole number." : "That is no amount.";
  if (value < least) return `It has to be ${kind.text(least)} at least.`;
  if (most && value > most) return `It may be ${kind.text(most)} at most.`;
  return "";
}

/** Return what `POST /containers/ID/update` is to be told: the fields that are different, and no other. */
export function changes(was, is) {
  const different = FIELDS.filter(({ name }) => is[name] !== was[name]);
  return Object.fromEntries(different.map(({ name, kind }) => [name, kind.of(is[name])]));
}
