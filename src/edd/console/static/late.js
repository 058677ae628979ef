/** Parts that the first page does without. */

const sheets = new Map();

/** Add the style sheet `name` once; return when it is in force, or cannot be had. */
export function style(name) {
  if (!sheets.has(name)) {
    const link = document.createElement("link");
    const there = new Promise((done) => (link.onload = link.onerror = done));
    link.rel = "stylesheet";
    link.href = `/static/${name}`;
    document.head.append(link);
    sheets.set(name, there);
  }
  return sheets.get(name);
}
