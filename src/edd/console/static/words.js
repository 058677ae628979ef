/** Words as a POSIX shell makes them of a text, and a text of which it makes the same words. */

const BLANK = /[ \t\n\r]/;
const OPERATOR = /[;&|<>()]/;
const REPLACED = /^(?:\$(?:\w+|\{[^}]*\}?|\([^)]*\)?)|`[^`]*`?)/;
const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * Return the `words` of `text`, split as a shell would.
 *
 * Nothing is expanded: `doubts` are the parts that a shell would not have taken as they are
 * written. `problem` says why the text cannot be split, and is empty when it can. Of a whole
 * `command` line only the first command is read; `rest` is what follows it, `comments` what a
 * shell would not have read.
 */
export function split(text, { command = false } = {}) {
  return new Splitter(text, command).all();
}

/** Return a text of which `split` makes exactly `words`. */
export function join(words) {
  return words.map(quote).join(" ");
}

/** Return `word` as a shell has to read it. */
export function quote(word) {
  return SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

class Splitter {
  constructor(text, command) {
    this.text = text;
    this.command = command;
    this.at = 0;
    this.word = null;
    this.found = { words: [], doubts: new Set(), comments: [], rest: "", problem: "" };
  }

  all() {
    while (this.at < this.text.length && !this.found.problem && !this.found.rest) this.step();
    this.end();
    return { ...this.found, doubts: [...this.found.doubts] };
  }

  step() {
    const one = this.text[this.at];
    if (BLANK.test(one)) return this.blank(one);
    if (one === "'") return this.single();
    if (one === '"') return this.double();
    if (one === "\\") return this.escaped();
    if (this.command && one === "#" && this.word === null) return this.comment();
    if (OPERATOR.test(one)) return this.operator(one);
    if (one === "~" && this.word === null) this.found.doubts.add("~");
    return this.take(this.meant(one));
  }

  take(piece) {
    this.word = (this.word ?? "") + piece;
    this.at += piece.length;
  }

  end() {
    if (this.word !== null) this.found.words.push(this.word);
    this.word = null;
  }

  blank(one) {
    this.end();
    this.at += 1;
    if (!this.command || one !== "\n" || !this.found.words.length) return;
    // Lines that begin with an option go on with the command, though a shell would end it there.
    const rest = this.text.slice(this.at).trim();
    if (rest && !rest.startsWith("-") && !rest.startsWith("#")) this.found.rest = rest;
  }

  single() {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) return this.unfinished("'");
    this.word = (this.word ?? "") + this.text.slice(this.at + 1, end);
    this.at = end + 1;
  }

  double() {
    this.word ??= "";
    for (this.at += 1; this.at < this.text.length; ) {
      const one = this.text[this.at];
      const next = this.text[this.at + 1];
      if (one === '"') {
        this.at += 1;
        return;
      }
      if (one === "\\" && next === "\n") this.at += 2;
      else if (one === "\\" && '"\\$`'.includes(next ?? " ")) {
        this.word += next;
        this.at += 2;
      } else this.take(this.meant(one));
    }
    this.unfinished('"');
  }

  escaped() {
    // Blanks that slipped in after a backslash at a line's end are not meant.
    const ending = this.command ? /^\\[ \t]*\r?\n/ : /^\\\r?\n/;
    const line = this.text.slice(this.at, this.at + 200).match(ending);
    if (line) {
      this.at += line[0].length;
      return;
    }
    if (this.at + 1 === this.text.length) {
      if (!this.command) this.found.problem = "It ends with a \\ that nothing follows.";
      this.at += 1;
      return;
    }
    this.word = (this.word ?? "") + this.text[this.at + 1];
    this.at += 2;
  }

  comment() {
    const end = this.text.indexOf("\n", this.at);
    this.found.comments.push(this.text.slice(this.at, end < 0 ? undefined : end));
    this.at = end < 0 ? this.text.length : end;
  }

  operator(one) {
    if (this.command) this.found.rest = this.text.slice(this.at);
    else {
      this.found.doubts.add(one);
      this.take(one);
    }
  }

  /** Return the next piece as it is written, noted when a shell would put something in its place. */
  meant(one) {
    const found = this.text.slice(this.at, this.at + 400).match(REPLACED);
    if (found) this.found.doubts.add(found[0]);
    return found ? found[0] : one;
  }

  unfinished(mark) {
    this.at = this.text.length;
    this.found.problem = `A ${mark} has no partner.`;
  }
}
