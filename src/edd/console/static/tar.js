/** Tar archives (POSIX.1-2001, pax): written around files that are not read before they are sent, and read. */

import { ofBytes, toBytes } from "./paths.js";

const BLOCK = 512;
const MOST_OCTAL = 8 ** 11;
const MOST_OWNER = 8 ** 7;
const LONGEST_NOTE = 1 << 20;
const LONGEST_TEXT = 1 << 22;
const MOST_MEMBERS = 5000;

/**
 * Return an archive of `entries` as a Blob.
 *
 * Each has a `name` (bytes, see paths.js) and `mode`, `mtime` (seconds), `uid`, `gid`; a `file` (a
 * Blob, of which nothing is read here), or it is a folder.
 */
export function archive(entries) {
  const parts = [];
  for (const entry of entries) {
    const size = entry.file?.size ?? 0;
    parts.push(...heads(entry, size));
    if (entry.file) parts.push(entry.file, new Uint8Array(-size & (BLOCK - 1)));
  }
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
}

/** Return the header of an entry; before it, where that cannot hold it, one with more. */
function heads(entry, size) {
  const { mtime = 0, uid = 0, gid = 0 } = entry;
  const name = entry.file ? entry.name : `${entry.name}/`;
  const notes = [];
  if (name.length > 100 || /[^\x20-\x7e]/.test(name)) notes.push(note("path", name));
  if (size >= MOST_OCTAL) notes.push(note("size", String(size)));
  if (uid >= MOST_OWNER) notes.push(note("uid", String(uid)));
  if (gid >= MOST_OWNER) notes.push(note("gid", String(gid)));
  const own = head({
    name: notes.length ? name.replace(/[^\x20-\x7e]/g, "_").slice(0, 100) : name,
    mode: entry.mode,
    uid: uid % MOST_OWNER,
    gid: gid % MOST_OWNER,
    size: size % MOST_OCTAL,
    mtime: Math.max(0, Math.floor(mtime)),
    kind: entry.file ? "0" : "5",
  });
  if (!notes.length) return [own];
  const more = toBytes(notes.join(""));
  const before = { name: "pax", mode: 0o644, uid: 0, gid: 0, size: more.length, mtime: 0, kind: "x" };
  return [head(before), more, new Uint8Array(-more.length & (BLOCK - 1)), own];
}

/** Return a pax record: its own length, a key and a value. */
function note(key, value) {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return `${length}${rest}`;
}

function head({ name, mode, uid, gid, size, mtime, kind }) {
  const block = new Uint8Array(BLOCK);
  const put = (at, text) => block.set(toBytes(text), at);
  const octal = (number, digits) => `${Math.floor(number).toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(mode & 0o7777, 7));
  put(108, octal(uid, 7));
  put(116, octal(gid, 7));
  put(124, octal(size, 11));
  put(136, octal(mtime, 11));
  put(148, "        ");
  put(156, kind);
  put(257, "ustar\x0000");
  put(148, `${octal(block.reduce((sum, one) => sum + one, 0), 6)} `);
  return block;
}

/**
 * Return the first file of an archive that comes as a stream: `{ name, blob }`.
 *
 * Null where the archive begins with something else than a file of at most `most` bytes; the
 * stream is read no further then.
 */
export async function firstFile(stream, most) {
  const bytes = new Taken(stream.getReader());
  try {
    let told = {};
    for (;;) {
      const block = await bytes.take(BLOCK);
      if (!block || block.every((one) => one === 0)) return null;
      const kind = String.fromCharCode(block[156]);
      const size = told.size ? Number(told.size) : number(block, 124, 12);
      if (kind === "x" || kind === "g" || kind === "L") {
        if (size > LONGEST_NOTE) return null;
        const body = await bytes.take(size + (-size & (BLOCK - 1)));
        if (kind === "x" && body) told = notes(body.subarray(0, size));
        continue;
      }
      if ((kind !== "0" && kind !== "\0") || !(size <= most)) return null;
      const parts = await bytes.parts(size);
      return parts && { name: told.path ?? word(block, 0, 100), blob: new Blob(parts, { type: "application/octet-stream" }) };
    }
  } finally {
    bytes.end();
  }
}

/** Return the text of the member `name` of a tar, or null: it has none, or is packed, or no tar. */
export async function memberOf(file, name) {
  for (let at = 0, seen = 0; at + BLOCK <= file.size && seen < MOST_MEMBERS; seen += 1) {
    const block = new Uint8Array(await file.slice(at, at + BLOCK).arrayBuffer());
    const size = number(block, 124, 12);
    if (word(block, 257, 5) !== "ustar" || !(size >= 0)) return null;
    at += BLOCK;
    if (word(block, 0, 100) === name) return size <= LONGEST_TEXT ? file.slice(at, at + size).text() : null;
    at += size + (-size & (BLOCK - 1));
  }
  return null;
}

function word(block, at, length) {
  return ofBytes(block.subarray(at, at + length)).replace(/\0.*$/s, "");
}

/** Return a number in octal, or in base 256 as GNU writes what is larger. */
function number(block, at, length) {
  if (!(block[at] & 0x80)) return parseInt(word(block, at, length).trim() || "0", 8);
  return block.subarray(at + 1, at + length).reduce((all, one) => all * 256 + one, 0);
}

function notes(body) {
  const found = {};
  let text = ofBytes(body);
  for (let length; (length = parseInt(text, 10)) > 0; text = text.slice(length)) {
    const [, key, value] = /^\d+ ([^=]*)=(.*)$/s.exec(text.slice(0, length - 1)) || [];
    if (key) found[key] = value;
  }
  return found;
}

/** A stream that is taken in pieces of a chosen length. */
class Taken {
  constructor(reader) {
    this.reader = reader;
    this.rest = new Uint8Array(0);
  }

  /** Return the next `length` bytes as parts, or null where the stream ends before. */
  async parts(length) {
    const found = [];
    while (length > 0) {
      if (!this.rest.length) {
        const { done, value } = await this.reader.read();
        if (done) return null;
        this.rest = value;
      }
      const part = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(part.length);
      length -= part.length;
      found.push(part);
    }
    return found;
  }

  async take(length) {
    const parts = await this.parts(length);
    if (!parts || parts.length === 1) return parts && parts[0];
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  end() {
    this.reader.cancel().catch(() => {});
  }
}
