/** What containers without a terminal write, as the engine frames it (ContainerAttach). */

const HEADER = 8;

/** Characters of a line that does not end before it is shown as one. */
const LONGEST = 1 << 20;

/** Begins a line that was written to standard error: no text that was decoded has it. */
export const ERRORS = "\udc02";

/** Takes a framed stream apart; its pieces may be split anywhere. */
export class Frames {
  constructor() {
    this.header = new Uint8Array(HEADER);
    this.filled = 0;
    this.left = 0;
  }

  /** Yield what `bytes` hold: `[errors, bytes]`. Throws where these are no frames. */
  *take(bytes) {
    let at = 0;
    while (at < bytes.length) {
      if (this.left) {
        const part = bytes.subarray(at, at + this.left);
        at += part.length;
        this.left -= part.length;
        yield [this.header[0] === 2, part];
        continue;
      }
      const part = bytes.subarray(at, at + HEADER - this.filled);
      this.header.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      if (this.filled === HEADER) this.begin();
    }
  }

  begin() {
    const [source, ...zeros] = this.header.subarray(0, 4);
    if (source > 2 || zeros.some(Boolean)) throw new Error("The engine's log makes no sense.");
    this.left = new DataView(this.header.buffer).getUint32(4);
    this.filled = 0;
  }
}

/** Turns frames into text whose lines are whole, those of standard error marked by `ERRORS`. */
export class Sides {
  constructor() {
    this.frames = new Frames();
    this.sides = [false, true].map((errors) => ({ mark: errors ? ERRORS : "", decoder: new TextDecoder(), rest: "" }));
  }

  /** Return the lines that `bytes` complete. */
  take(bytes) {
    const found = [];
    for (const [errors, part] of this.frames.take(bytes)) {
      const side = this.sides[Number(errors)];
      const text = side.rest + side.decoder.decode(part, { stream: true });
      const end = text.lastIndexOf("\n") + 1;
      side.rest = text.slice(end);
      if (end) found.push(marked(text.slice(0, end), side.mark));
      if (side.rest.length > LONGEST) found.push(this.cut(side));
    }
    return found.join("");
  }

  /** Return what has no end of a line, at the end of all. */
  rest() {
    return this.sides.filter(({ rest }) => rest).map((side) => this.cut(side)).join("");
  }

  cut(side) {
    const text = `${side.mark}${side.rest}\n`;
    side.rest = "";
    return text;
  }
}

function marked(lines, mark) {
  return mark ? `${mark}${lines.slice(0, -1).replaceAll("\n", `\n${mark}`)}\n` : lines;
}
