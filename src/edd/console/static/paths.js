/**
 * Paths as containers have them: bytes, which need not be UTF-8.
 *
 * A path here is a string with one character for each byte. What is shown or sent is made from it.
 */

import { plain } from "./format.js";

const STRICT = new TextDecoder("utf-8", { fatal: true });
const LENIENT = new TextDecoder();
const PART = 1 << 13;

/** Return bytes as a string of their characters. */
export function ofBytes(bytes) {
  let found = "";
  for (let at = 0; at < bytes.length; at += PART) {
    found += String.fromCharCode(...bytes.subarray(at, at + PART));
  }
  return found;
}

/** Return the bytes of a path. */
export function toBytes(path) {
  return Uint8Array.from(path, (one) => one.charCodeAt());
}

/** Return what somebody has typed, or a file here is called, as a path. */
export function ofText(text) {
  return ofBytes(new TextEncoder().encode(text));
}

/** Return a path as text, or null where it is none. */
export function toText(path) {
  try {
    return STRICT.decode(toBytes(path));
  } catch {
    return null;
  }
}

/** Return a path for eyes: nothing in it hides or changes direction. */
export function shown(path) {
  return visible(LENIENT.decode(toBytes(path)));
}

/** Return a path that is a text already for eyes. */
export function visible(text) {
  return plain(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** Return a path as it stands in a query. */
export function inQuery(path) {
  return path.replace(/[^A-Za-z0-9/._~-]/g, (one) => `%${one.charCodeAt().toString(16).padStart(2, "0")}`);
}

/** Return the path that a query names, none if it names none. */
export function ofQuery(query) {
  const given = /[?&]path=([^&]*)/.exec(query)?.[1];
  if (!given) return "";
  const escaped = given.replaceAll("+", " ");
  return ofText(escaped).replace(/%([0-9A-Fa-f]{2})/g, (_all, code) => String.fromCharCode(parseInt(code, 16)));
}

/** Return a path for `printf %b`: letters and digits, and all else by its number. */
export function escaped(path) {
  return path.replace(/[^A-Za-z0-9/._-]/g, (one) => `\\0${one.charCodeAt().toString(8).padStart(3, "0")}`);
}

/** Return a path from the root on, without empty segments and dots. */
export function tidy(path) {
  const kept = [];
  for (const part of path.replaceAll("\0", "").split("/")) {
    if (part === "..") kept.pop();
    else if (part && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** Return the path of `name` in `folder`. */
export function within(folder, name) {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** Return a path's folder and its name there. */
export function divided(path) {
  const at = path.lastIndexOf("/");
  return [path.slice(0, at) || "/", path.slice(at + 1)];
}

/** Return the folders that lead to a path, itself the last, each with its name. */
export function steps(path) {
  const parts = path.split("/").filter(Boolean);
  return parts.map((name, at) => ({ name, path: `/${parts.slice(0, at + 1).join("/")}` }));
}

/** Tell whether a file may be called so: one segment, not of dots. */
export function isName(name) {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}
