/** Files of this computer as one tar, read from the disk only while it is sent; and looks into one. */

const BLOCK = 512;
const FILE = "0";
const LONG_NAME = "L";
const LARGEST_OCTAL = 8 ** 11;
const MOST_MEMBERS = 5000;
const LONGEST = 1 << 22;

/** Return a blob that is the tar (ustar, long names as GNU has them) of `files`: `path` and `file`. */
export function packed(files) {
  const parts = files.flatMap(({ path, file }) => [...headers(path, file), file, padding(file.size)]);
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
}

function headers(path, { size, lastModified }) {
  const name = new TextEncoder().encode(path);
  const seconds = Math.floor((lastModified || 0) / 1000);
  const own = header(name, size, seconds, FILE);
  if (name.length <= 100) return [own];
  return [header(new TextEncoder().encode("././@LongLink"), name.length + 1, 0, LONG_NAME), name, new Uint8Array(1), padding(name.length + 1), own];
}

/** A browser does not tell who may run a file: all are as on Windows, 0755. */
function header(name, size, seconds, kind) {
  const block = new Uint8Array(BLOCK);
  const put = (text, at) => block.set(new TextEncoder().encode(text), at);
  const octal = (number, digits) => number.toString(8).padStart(digits, "0");
  block.set(name.subarray(0, 100));
  put(`${octal(0o755, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  if (size < LARGEST_OCTAL) put(octal(size, 11), 124);
  else new DataView(block.buffer).setBigUint64(128, BigInt(size)), (block[124] = 0x80);
  put(octal(seconds, 11), 136);
  put("        ", 148);
  put(`${kind}`, 156);
  put("ustar\x0000", 257);
  put(`${octal(block.reduce((sum, byte) => sum + byte, 0), 6)}\0 `, 148);
  return block;
}

function padding(size) {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Return the text of the member `name` of a tar, or null: it has none, or is packed, or no tar. */
export async function memberOf(file, name) {
  for (let at = 0, seen = 0; at + BLOCK <= file.size && seen < MOST_MEMBERS; seen += 1) {
    const block = new Uint8Array(await file.slice(at, at + BLOCK).arrayBuffer());
    const size = sizeOf(block);
    if (words(block, 257, 5) !== "ustar" || !(size >= 0)) return null;
    at += BLOCK;
    if (words(block, 0, 100) === name) return size <= LONGEST ? file.slice(at, at + size).text() : null;
    at += size + padding(size).length;
  }
  return null;
}

function words(block, at, length) {
  return new TextDecoder().decode(block.subarray(at, at + length)).split("\0")[0];
}

function sizeOf(block) {
  if (block[124] === 0x80) return Number(new DataView(block.buffer).getBigUint64(128));
  return parseInt(words(block, 124, 12), 8);
}
