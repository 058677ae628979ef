/**
 * A view of many lines: a bounded number of them, drawn a frame at a time, in blocks of which the
 * browser lays out only those that are seen.
 */

import { coloured, painted, PLAIN, uncoloured } from "./ansi.js";
import { ERRORS } from "./log/frames.js";
import { timed } from "./log/times.js";

/** Lines that are kept; the oldest go first. */
export const MOST_LINES = 100_000;
const MOST_CHARACTERS = 32 << 20;
const BLOCK = 200;
const A_FRAME = 96 << 10;
const WAITING = 1 << 20;
const LONGEST = 16 << 10;
const MOST_MARKS = 2000;

export class LogView {
  /** Show lines in `box`; `changed` is called after a frame in which something was drawn. */
  constructor(box, changed) {
    this.box = box;
    this.changed = changed;
    this.follow = true;
    this.paused = false;
    this.top = 0;
    this.times = "";
    this.clear();
    new ResizeObserver(() => this.toEnd()).observe(box);
  }

  /** Forget all lines; those to come are still searched. */
  clear() {
    this.box.replaceChildren();
    this.lines = [];
    this.first = 0;
    this.characters = 0;
    this.waiting = "";
    this.ended = false;
    this.styles = { out: PLAIN, errors: PLAIN };
    this.room?.();
    this.room = null;
    this.marks = [];
    this.at = 0;
    this.wanted ??= "";
  }

  /** Lines that are shown. */
  get count() {
    return this.lines.length - this.first;
  }

  /** Take text as it came. Returns once there is room for more: a flood waits at its source. */
  async add(text) {
    this.waiting += text;
    this.draw();
    if (this.waiting.length > WAITING) await new Promise((room) => (this.room = room));
  }

  /** The source has ended: a last line without an end is one, too. */
  end() {
    this.ended = true;
    this.draw();
  }

  /** Stop drawing, or go on. */
  pause(paused) {
    this.paused = paused;
    this.draw();
  }

  draw() {
    if (this.drawing || this.paused || (!this.waiting && !this.ended)) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      if (!this.paused) this.frame();
    });
  }

  frame() {
    const lines = this.taken();
    lines.forEach((line) => this.append(line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line));
    this.trim();
    if (this.waiting.length <= WAITING) {
      this.room?.();
      this.room = null;
    }
    if (lines.length) this.toEnd();
    this.changed(lines.length);
    if (lines.length) this.draw();
  }

  /**
   * Show the end, as long as it is followed. Blocks turn out to be higher than was guessed once they
   * are seen: then it is gone for again.
   */
  toEnd(tries = 20) {
    if (!this.follow) return;
    this.box.scrollTop = this.box.scrollHeight;
    this.top = this.box.scrollTop;
    cancelAnimationFrame(this.going);
    this.going = requestAnimationFrame(() => tries && this.left > 1 && this.toEnd(tries - 1));
  }

  /** How many pixels there are below what is seen. */
  get left() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight;
  }

  /** The box was scrolled: who goes up follows no longer, who comes to the end does again. */
  scrolled() {
    const up = this.box.scrollTop < this.top - 1;
    this.top = this.box.scrollTop;
    if (up) this.follow = this.left < 2;
    else if (this.left < 40) this.follow = true;
    if (!up) this.toEnd();
  }

  /** Return the whole lines of as much text as fits into a frame. */
  taken() {
    let end = this.waiting.lastIndexOf("\n", A_FRAME) + 1;
    if (!end && this.waiting.length > A_FRAME) end = this.waiting.indexOf("\n") + 1;
    // A line without an end is cut where it can no longer be one.
    if (!end && (this.ended || this.waiting.length > WAITING)) end = Math.min(this.waiting.length, WAITING);
    if (!end) return [];
    const text = this.waiting.slice(0, end).replace(/\n$/, "");
    this.waiting = this.waiting.slice(end);
    return text.split("\n").map((line) => line.replace(/\r$/, ""));
  }

  append(line) {
    let block = this.box.lastElementChild;
    if (!block || block.childElementCount >= BLOCK) {
      block = document.createElement("div");
      block.className = "block";
      this.box.append(block);
    }
    const row = document.createElement("div");
    const text = this.fill(row, line);
    block.append(row);
    const kept = { row, text };
    this.lines.push(kept);
    this.characters += kept.text.length;
    if (this.wanted && kept.text.toLowerCase().includes(this.wanted)) this.mark(kept);
  }

  /** Show `line` in `row`; return its text. */
  fill(row, line) {
    const side = line.startsWith(ERRORS) ? "errors" : "out";
    if (side === "errors") Object.assign(row, { className: side, title: "standard error" });
    const { when, words } = timed(side === "errors" ? line.slice(1) : line, this.times);
    if (when) row.append(span("when", `${when} `));
    const { found, style } = coloured(words, this.styles[side]);
    this.styles[side] = style;
    row.append(...found.map(painted));
    if (!found.length) row.append("\u200b");
    return `${when ? `${when} ` : ""}${uncoloured(words)}`;
  }

  trim() {
    while (this.count > MOST_LINES || this.characters > MOST_CHARACTERS) {
      const block = this.box.firstElementChild;
      if (block === this.box.lastElementChild) return;
      for (let left = block.childElementCount; left; left -= 1) {
        this.characters -= this.lines[this.first].text.length;
        this.lines[this.first] = null;
        this.first += 1;
      }
      block.remove();
      this.unmark();
    }
    if (this.first > MOST_LINES) {
      this.lines = this.lines.slice(this.first);
      this.first = 0;
    }
  }

  /** Mark the lines that have `words`, whatever their case, also those to come. */
  search(words) {
    this.marks.forEach(({ row }) => row.classList.remove("hit", "here"));
    this.marks = [];
    this.wanted = words.toLowerCase();
    if (!this.wanted) return;
    const found = this.lines.slice(this.first).filter(({ text }) => text.toLowerCase().includes(this.wanted));
    found.slice(0, -MOST_MARKS).forEach((line) => this.marks.push(line));
    found.slice(-MOST_MARKS).forEach((line) => this.mark(line));
    this.at = this.marks.length;
  }

  mark(line) {
    line.row.classList.add("hit");
    this.marks.push(line);
  }

  /** Let go of the marks of lines that are gone: the first ones. */
  unmark() {
    const left = this.marks.findIndex(({ row }) => row.isConnected);
    const gone = left < 0 ? this.marks.length : left;
    this.marks.splice(0, gone);
    this.at = Math.max(0, this.at - gone);
  }

  /** Go to the next marked line, or with `step` -1 to the one before; return its number from 1. */
  step(step) {
    const most = this.marks.length;
    if (!most) return 0;
    this.marks[this.at]?.row.classList.remove("here");
    this.at = (this.at + step + most) % most;
    if (this.at < 0 || this.at >= most) this.at = most - 1;
    const { row } = this.marks[this.at];
    row.classList.add("hit", "here");
    // A browser that does not know `container` moves the page, too.
    row.scrollIntoView({ block: "center", container: "nearest" });
    return this.at + 1;
  }
}

function span(name, words) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = words;
  return made;
}
