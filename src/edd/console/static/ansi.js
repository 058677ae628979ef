/** Terminal colours (ECMA-48 SGR) as spans; every other control sequence is taken out. */

const SEQUENCE =
  /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-OQ-WYZ\\`-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A style that nothing has changed. */
export const PLAIN = Object.freeze({ colour: "", ground: "", bold: false, dim: false, italic: false, under: false, swap: false });

/**
 * Return a line as pieces `{text, style}`, and the style the next line begins with.
 *
 * Without sequences it is one piece. Colours are a number below 16 or `rgb(…)`.
 */
export function coloured(line, style = PLAIN) {
  const found = [];
  let from = 0;
  for (const match of line.matchAll(SEQUENCE)) {
    if (match.index > from) found.push({ text: line.slice(from, match.index), style });
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = changed(style, match[1]);
  }
  if (from < line.length) found.push({ text: line.slice(from), style });
  return { found, style };
}

/** Return a line's text alone. */
export function uncoloured(line) {
  return line.replace(SEQUENCE, "");
}

function changed(style, codes) {
  const numbers = codes.split(/[;:]/).map(Number);
  let next = { ...style };
  while (numbers.length) next = one(next, numbers.shift(), numbers);
  return next;
}

const FLAGS = { 1: { bold: true }, 2: { dim: true }, 3: { italic: true }, 4: { under: true }, 7: { swap: true },
  22: { bold: false, dim: false }, 23: { italic: false }, 24: { under: false }, 27: { swap: false },
  39: { colour: "" }, 49: { ground: "" } };

function one(style, code, rest) {
  if (code === 0) return PLAIN;
  if (FLAGS[code]) return { ...style, ...FLAGS[code] };
  if (code === 38) return { ...style, colour: extended(rest) };
  if (code === 48) return { ...style, ground: extended(rest) };
  if (code >= 30 && code < 38) return { ...style, colour: code - 30 };
  if (code >= 90 && code < 98) return { ...style, colour: code - 82 };
  if (code >= 40 && code < 48) return { ...style, ground: code - 40 };
  if (code >= 100 && code < 108) return { ...style, ground: code - 92 };
  return style;
}

/** Read a colour of the 256 or of the 16 million that follows in `rest`. */
function extended(rest) {
  const kind = rest.shift();
  if (kind === 2) return rgb(rest.splice(0, 3));
  if (kind !== 5) return "";
  const number = rest.shift() & 255;
  if (number < 16) return number;
  if (number > 231) return rgb(Array(3).fill((number - 232) * 10 + 8));
  const cube = number - 16;
  return rgb([cube / 36, (cube / 6) % 6, cube % 6].map((part) => Math.floor(part) && Math.floor(part) * 40 + 55));
}

function rgb(parts) {
  return `rgb(${parts.map((part) => part & 255).join(" ")})`;
}

/** Return a node that shows a piece of `coloured`. */
export function painted({ text, style }) {
  if (style === PLAIN) return document.createTextNode(text);
  const span = document.createElement("span");
  const [colour, ground] = style.swap ? [style.ground, style.colour] : [style.colour, style.ground];
  const names = ["bold", "dim", "italic", "under", "swap"].filter((name) => style[name]);
  if (typeof colour === "number") names.push(`c${colour}`);
  else if (colour) span.style.color = colour;
  if (typeof ground === "number") names.push(`g${ground}`);
  else if (ground) span.style.backgroundColor = ground;
  span.className = names.join(" ");
  span.textContent = text;
  return span;
}
