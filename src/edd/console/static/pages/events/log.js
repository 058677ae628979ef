/** The engine's events as they come: a bounded number, and each once, however often it is told. */

/** Events that are kept; the oldest go first. */
export const MOST = 5000;
/** Characters of them that are kept: each has all labels of its container. */
const MOST_CHARACTERS = 16 << 20;
/** More than the engine remembers (256): it tells no line again that is not among these. */
const REMEMBERED = 1000;
const REPLAYED = 1;

export class EventLog {
  constructor() {
    this.events = [];
    this.count = 0;
    this.characters = 0;
    this.lines = new Set();
    this.joining = false;
  }

  /** The second from which the engine is to tell again so that nothing is lost; none before the first. */
  get since() {
    const last = this.events.findLast(({ at }) => at);
    return last && Math.floor(last.at / 1000) - REPLAYED;
  }

  /** The engine was left and is asked again: what it tells from here on may be known already. */
  join() {
    this.joining = this.events.length > 0;
  }

  /**
   * Take a line as the engine told it; return whether it is a new one.
   *
   * An engine that is joined again tells the last known event again. If it does not, it has
   * forgotten it and what followed: a `gap` stands there then.
   */
  take(line) {
    const known = this.lines.has(line);
    if (this.joining && !known) this.keep({ gap: true });
    this.joining = false;
    if (known) return false;
    this.lines.add(line);
    if (this.lines.size > REMEMBERED) this.lines.delete(this.lines.values().next().value);
    this.keep(eventOf(line));
    return true;
  }

  keep(event) {
    this.count += 1;
    this.events.push({ ...event, key: this.count });
    this.characters += event.raw?.length ?? 0;
    while (this.events.length > MOST || this.characters > MOST_CHARACTERS) this.forget(this.events.shift());
  }

  forget({ raw = "" }) {
    this.characters -= raw.length;
    this.lines.delete(raw);
  }
}

/** Return what a line says: `raw` is the line itself, `at` milliseconds since 1970. */
export function eventOf(raw) {
  const { Type = "", Action = "", Actor = {}, time = 0, timeNano = 0, scope = "" } = JSON.parse(raw);
  const given = Actor?.Attributes || {};
  const at = timeNano ? timeNano / 1e6 : time * 1000;
  return { raw, at, type: `${Type}`, action: `${Action}`, id: `${Actor?.ID || ""}`, name: `${given.name || ""}`, given, scope };
}

/** Return a line set out for reading; its numbers stay as they are, longer than JavaScript's. */
export function setOut(raw) {
  const nano = raw.match(/"timeNano":(\d+)/)?.[1] ?? "";
  const even = JSON.stringify(JSON.parse(raw), null, 2);
  return even.replace(/^  "timeNano": \d+/m, `  "timeNano": ${nano}`);
}

const ENDS = /^(?:destroy|delete|remove)$/;
const PAGES = { container: "containers", image: "images", network: "networks", volume: "volumes" };

/** The page of what an event is about; none once that is gone. */
export function pageOf({ type, action, id }) {
  if (!PAGES[type] || !id || ENDS.test(action)) return "";
  return `/${PAGES[type]}/${id.replace(/^sha256:/, "").split("/").map(encodeURIComponent).join("/")}`;
}

/** Return when an event was, in the words of a list: the day only if it is not `today`. */
export function moment(at, today = new Date()) {
  const then = new Date(at);
  const clock = `${then.toLocaleTimeString("en-GB")}.${String(then.getMilliseconds()).padStart(3, "0")}`;
  return then.toDateString() === today.toDateString() ? clock : `${then.toLocaleDateString("en-CA")} ${clock}`;
}
