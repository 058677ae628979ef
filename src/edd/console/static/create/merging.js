/** What one object says beyond another, and both together. */

/** Settings that mean something where others of that value say nothing. */
const MEANT = { Init: false, MemorySwappiness: 0, StopTimeout: 0 };
const MEANT_EMPTY = ["MaskedPaths", "ReadonlyPaths"];

/** Tell whether the setting `name` says nothing. */
export function unset(name, value) {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return !value.length && !MEANT_EMPTY.includes(name);
  if (typeof value === "object") return Object.entries(value).every(([key, inner]) => unset(key, inner));
  return !value && MEANT[name] !== value;
}

/** Return what `whole` sets and `made` does not. */
export function lacking(whole, made = {}) {
  const found = {};
  for (const [key, value] of Object.entries(whole)) {
    const other = made[key];
    // A set has empty objects by its members' names.
    const member = key.startsWith("/") || /^\d+\//.test(key);
    if (unset(key, value) && !(member && other === undefined)) continue;
    if (Array.isArray(value)) {
      const rest = value.filter((one) => !(other || []).some((each) => equal(each, one)));
      if (rest.length || (!value.length && !other)) found[key] = rest;
    } else if (typeof value === "object") {
      const rest = lacking(value, other || {});
      if (Object.keys(rest).length || (member && !other)) found[key] = rest;
    } else if (value !== other) found[key] = value;
  }
  return found;
}

/** Return both as one: lists one after the other, and of two values the one of `more`. */
export function merged(body, more) {
  const found = { ...body };
  for (const [key, value] of Object.entries(more)) {
    const own = found[key];
    if (Array.isArray(own) && Array.isArray(value)) found[key] = [...own, ...value];
    else if (isTable(own) && isTable(value)) found[key] = merged(own, value);
    else found[key] = value;
  }
  return found;
}

/** Tell whether two values say the same, whatever the order of their settings. */
export function equal(one, other) {
  if (isTable(one) && isTable(other)) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => (unset(name, one[name]) && unset(name, other[name])) || equal(one[name], other[name]));
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => equal(each, other[at]));
  }
  return one === other;
}

function isTable(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
