/** What the engine measures of a container, as numbers that are known to people; null where there is none. */

import { percent, reading } from "./pages/containers/readings.js";

const NO_LIMIT = 2 ** 60;

/** Samples that are kept: ten minutes, one a second. */
export const MOST_SAMPLES = 600;
/** A longer time between two samples is a gap, in seconds. */
const GAP = 10;

/** The columns of `Samples`. */
export const COLUMNS = ["at", "cpu", "memory", "received", "sent", "read", "written", "pids"];

/**
 * Return one of the engine's statistics as a sample, or null of a container that does not run.
 *
 * `cpu` is a percentage of one processor; `memory` and `limit` are bytes; `received`, `sent`, `read`
 * and `written` are bytes since the container's start.
 */
export function sampleOf(told) {
  const at = Date.parse(told.read) / 1000;
  if (!(at > 0)) return null;
  const now = reading(told);
  return {
    at,
    cpu: percent(reading({ cpu_stats: told.precpu_stats }), now),
    memory: now.memory,
    limit: bounded(now.limit),
    ...networkOf(told.networks),
    ...blocksOf(told.blkio_stats?.io_service_bytes_recursive),
    pids: told.pids_stats?.current ?? null,
    mostPids: bounded(told.pids_stats?.limit),
  };
}

function networkOf(networks) {
  const all = Object.values(networks || {});
  if (!all.length) return { received: null, sent: null };
  const sum = (key) => all.reduce((total, one) => total + one[key], 0);
  return { received: sum("rx_bytes"), sent: sum("tx_bytes") };
}

function blocksOf(entries) {
  if (!entries) return { read: null, written: null };
  const sum = (letter) =>
    entries.filter(({ op }) => op[0].toLowerCase() === letter).reduce((total, { value }) => total + value, 0);
  return { read: sum("r"), written: sum("w") };
}

function bounded(limit) {
  return limit > 0 && limit < NO_LIMIT ? limit : null;
}

/** The last minutes, column by column, as charts take them: what is counted is counted per second. */
export class Samples {
  constructor() {
    this.columns = COLUMNS.map(() => []);
    this.last = null;
  }

  get length() {
    return this.columns[0].length;
  }

  /** Take the next sample. Behind a gap and at a container's new start, rates begin anew. */
  add(sample) {
    const before = this.last;
    this.last = sample;
    const passed = before ? sample.at - before.at : 0;
    if (before && passed <= 0) return;
    if (passed > GAP) this.push({ at: before.at + 1 });
    const rate = (key) => {
      if (!before || passed > GAP || sample[key] === null || before[key] === null) return null;
      const more = sample[key] - before[key];
      return more < 0 ? null : more / passed;
    };
    this.push({
      ...sample,
      received: rate("received"),
      sent: rate("sent"),
      read: rate("read"),
      written: rate("written"),
    });
  }

  push(row) {
    this.columns.forEach((column, at) => {
      column.push(row[COLUMNS[at]] ?? null);
      if (column.length > MOST_SAMPLES) column.shift();
    });
  }

  /** Return a row by its place; a negative one counts from the end. */
  row(at) {
    return Object.fromEntries(COLUMNS.map((name, column) => [name, this.columns[column].at(at)]));
  }
}
