/** Addresses and subnets of IPv4 and IPv6, as whole numbers (RFC 4291, section 2.2). */

function four(text) {
  const parts = text.split(".");
  const fits = (part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256;
  if (parts.length !== 4 || !parts.every(fits)) return null;
  return { bits: 32, value: BigInt(parts.reduce((sum, part) => sum * 256 + Number(part), 0)) };
}

function groups(text) {
  if (text === "") return [];
  const all = text.split(":");
  const last = all.at(-1).includes(".") ? four(all.pop()) : undefined;
  if (last === null || !all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const found = all.map((group) => BigInt(`0x${group}`));
  return last ? [...found, last.value >> 16n, last.value & 0xffffn] : found;
}

function six(text) {
  const halves = text.split("::").map(groups);
  if (halves.length > 2 || halves.includes(null) || /\..*:/.test(text)) return null;
  const [head, tail = []] = halves;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing) return null;
  const all = [...head, ...Array(missing).fill(0n), ...tail];
  return { bits: 128, value: all.reduce((sum, group) => (sum << 16n) | group, 0n) };
}

/** Return the address `text` is, with its number of `bits`; nothing if it is none. */
export function address(text) {
  return text.includes(":") ? six(text) : four(text);
}

/** Return the subnet `text` is (`10.0.0.0/24`), from its `first` address to its `last`. */
export function subnet(text) {
  const [base, length, ...rest] = text.split("/");
  const found = address(base);
  if (!found || rest.length || !/^[0-9]{1,3}$/.test(length ?? "") || length > found.bits) return null;
  const free = BigInt(found.bits - length);
  const first = (found.value >> free) << free;
  return { bits: found.bits, length: Number(length), value: found.value, first, last: first | ((1n << free) - 1n) };
}

/** Tell whether `inner`, an address or a subnet, is within the subnet `outer`. */
export function holds(outer, inner) {
  const { bits, value, first = value, last = value } = inner;
  return outer.bits === bits && outer.first <= first && last <= outer.last;
}

/** Tell whether two subnets have an address in common. */
export function overlap(one, other) {
  return one.bits === other.bits && one.first <= other.last && other.first <= one.last;
}

/** Return the name of a subnet as an engine wants it, without what its hosts would differ in. */
export function written({ bits, first, length }) {
  const size = bits === 32 ? 8n : 16n;
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, at) =>
    ((first >> (BigInt(bits) - size * BigInt(at + 1))) & ((1n << size) - 1n)).toString(bits === 32 ? 10 : 16),
  );
  return `${bits === 32 ? parts.join(".") : shortened(parts.join(":"))}/${length}`;
}

/** Return an address without its longest row of zeros (RFC 5952). */
function shortened(text) {
  const rows = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)];
  const [row] = rows.sort((one, other) => other[0].length - one[0].length);
  if (!row) return text;
  const head = text.slice(0, row.index).replace(/:$/, "");
  return `${head}::${text.slice(row.index + row[0].length).replace(/^:/, "")}`;
}
