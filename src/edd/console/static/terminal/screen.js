/** A terminal's screen: xterm.js as the console uses it. */

import { ask } from "../ask.js";
import { note } from "../notes.js";
import { FitAddon } from "../vendor/addon-fit.mjs";
import { Terminal } from "../vendor/xterm.mjs";
import { colours, onTheme } from "./colours.js";
import { openIn } from "./styles.js";

/** Bytes that wait to be drawn before their source is held up, and from which it goes on. */
const HIGH = 1 << 20;
const LOW = 256 << 10;

const SIZES = { least: 10, most: 24, usual: 14 };

/** Control characters, but for tabs and ends of lines: in pasted text they are never meant. */
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

let size = Number(localStorage.getItem("terminal-size")) || SIZES.usual;
const screens = new Set();

/** Make the letters of all screens larger or smaller by `step`. */
export function resizeLetters(step) {
  size = Math.max(SIZES.least, Math.min(SIZES.most, size + step));
  localStorage.setItem("terminal-size", size);
  for (const screen of screens) {
    screen.terminal.options.fontSize = size;
    screen.fit();
  }
}

/** A screen that may be shown in one place, taken away, and shown in another. */
export class Screen {
  /**
   * `typed(bytes)` is called with input, text or bytes; `resized(columns, rows)` when there is
   * other room; `flood(on)` when more is to be drawn than can be, and when that is over.
   */
  constructor({ label, typed, resized = () => {}, flood = () => {} }) {
    this.element = document.createElement("div");
    this.element.className = "screen";
    this.typed = typed;
    this.flood = flood;
    this.behind = 0;
    this.control = false;
    this.terminal = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontSize: size,
      linkHandler: { activate: (_, address) => follow(address) },
      minimumContrastRatio: 4.5,
      screenReaderMode: true,
      scrollback: 5000,
      theme: colours(),
    });
    this.fitting = new FitAddon();
    this.terminal.loadAddon(this.fitting);
    this.terminal.onData((text) => this.typed(this.controlled(text)));
    this.terminal.onBinary((text) => this.typed(Uint8Array.from(text, (one) => one.charCodeAt())));
    this.terminal.onResize(({ cols, rows }) => resized(cols, rows));
    this.terminal.attachCustomKeyEventHandler((event) => this.pressed(event));
    this.element.addEventListener("paste", (event) => this.pasted(event), true);
    this.label = label;
    this.room = new ResizeObserver(() => this.fit());
    this.untheme = onTheme(() => (this.terminal.options.theme = colours()));
    screens.add(this);
  }

  /** Show the screen in `place`, instead of what was there. */
  show(place) {
    place.replaceChildren(this.element);
    if (!this.terminal.element) {
      openIn(this.terminal, this.element);
      this.terminal.textarea.setAttribute("aria-label", this.label);
    }
    this.room.disconnect();
    this.room.observe(place);
    this.fit();
  }

  /** Fill the room that there is. */
  fit() {
    if (this.element.isConnected && this.element.clientWidth) this.fitting.fit();
  }

  get columns() {
    return this.terminal.cols;
  }

  get rows() {
    return this.terminal.rows;
  }

  /** Draw what was written; a flood is told to its source. */
  write(bytes) {
    this.behind += bytes.length;
    if (this.behind > HIGH) this.flood(true);
    this.terminal.write(bytes, () => {
      this.behind -= bytes.length;
      if (this.behind < LOW) this.flood(false);
    });
  }

  /** Type `text` as if by hand. */
  type(text) {
    this.terminal.input(text, true);
    this.terminal.focus();
  }

  /** Return the input for an arrow key: `A` up, `B` down, `C` right, `D` left. */
  arrow(letter) {
    return `\x1b${this.terminal.modes.applicationCursorKeysMode ? "O" : "["}${letter}`;
  }

  /** Paste text. What it holds cannot end a shell's paste mode, nor press a key. */
  paste(text) {
    this.terminal.paste(text.replace(CONTROL, ""));
    this.terminal.focus();
  }

  pasted(event) {
    event.preventDefault();
    event.stopPropagation();
    this.paste(event.clipboardData.getData("text/plain"));
  }

  /** Copy what is selected. */
  async copy() {
    const text = this.terminal.getSelection();
    if (!text) return note("Select something in the terminal first.");
    try {
      await navigator.clipboard.writeText(text);
      return note("Copied.");
    } catch {
      return note("This browser does not let the page copy: use its own menu.", "bad");
    }
  }

  /** Paste what the clipboard has, if the browser tells. */
  async pasteClipboard() {
    try {
      this.paste(await navigator.clipboard.readText());
    } catch {
      note("This browser does not let the page read the clipboard: use its own menu or Ctrl-Shift-V.", "bad");
    }
  }

  /** Make the next letter a control character. */
  holdControl(on, released) {
    this.control = on;
    this.released = released;
    this.terminal.focus();
  }

  controlled(text) {
    if (!this.control || text.length !== 1) return text;
    this.control = false;
    this.released();
    const code = text.toUpperCase().charCodeAt();
    return code >= 64 && code < 96 ? String.fromCharCode(code & 31) : text;
  }

  /** Keys that are the page's: return false for them. */
  pressed(event) {
    if (!event.ctrlKey || !event.shiftKey || event.type !== "keydown") return true;
    const own = { KeyC: () => this.copy(), KeyX: () => this.leave() }[event.code];
    if (!own) return true;
    event.preventDefault();
    own();
    return false;
  }

  /** Give the keyboard back to the page. */
  leave() {
    this.terminal.blur();
    document.getElementById("main").focus({ preventScroll: true });
  }

  /** Take the screen down for good. */
  end() {
    screens.delete(this);
    this.untheme();
    this.room.disconnect();
    this.terminal.dispose();
    this.element.remove();
  }
}

/** Open a link that a program wrote, once somebody has seen where it really leads. */
async function follow(address) {
  if (!/^https?:\/\//i.test(address)) return note("Only links of http and https are opened.", "bad");
  const loses = [`A program in the container wrote this link. It leads to ${address}`];
  if (await ask({ title: "Leave the console?", loses, action: "Open in a new tab" })) {
    open(address, "_blank", "noopener,noreferrer");
  }
  return undefined;
}
