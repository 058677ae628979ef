/** CPU and memory of containers that are seen, asked for gently: single answers, few at a time. */

import { get } from "../../api.js";
import { size } from "../../format.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { percent, reading } from "./readings.js";

const MOST_ROWS = 20;
const AT_ONCE = 2;
const SECONDS = 5;
const KEPT = 24;
const MOST_KNOWN = 400;
const WIDTH = 64;
const HEIGHT = 16;

const known = new Map(); // what was measured, by container, also of rows that are out of sight
const seen = new Map(); // rows in sight: when each was asked for, and how it is drawn again
let timer = 0;
let working = false;
let refused = false;

const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const { id, redraw } = target.measured;
    if (isIntersecting && target.isConnected) seen.set(id, { asked: 0, redraw });
    else seen.delete(id);
  }
  if (seen.size) plan(0.2);
});

function plan(seconds) {
  if (working) return;
  clearTimeout(timer);
  timer = setTimeout(round, seconds * 1000);
}

/** Ask for the rows in sight whose turn it is, the longest waiting first. */
async function round() {
  if (!seen.size || refused) return;
  working = true;
  if (!document.hidden) {
    const due = [...seen].sort(([, one], [, other]) => one.asked - other.asked).slice(0, MOST_ROWS);
    const work = async () => {
      for (let one; (one = due.shift()); ) await measure(...one);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  working = false;
  plan(SECONDS);
}

async function measure(id, row) {
  row.asked = Date.now();
  try {
    const now = reading(await get(`/docker/containers/${id}/stats?stream=false&one-shot=true`));
    keep(id, now);
    row.redraw();
  } catch (problem) {
    refused = problem.status === 403; // the host's configuration denies it: asking on is of no use
  }
}

function keep(id, now) {
  const { last, samples = [] } = known.get(id) || {};
  known.delete(id);
  known.set(id, { last: now, samples: [...samples, { ...now, cpu: percent(last, now) }].slice(-KEPT) });
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value);
}

function Spark({ values, most }) {
  const step = WIDTH / (KEPT - 1);
  const first = KEPT - values.length;
  const points = values.map((value, at) =>
    `${((first + at) * step).toFixed(1)},${(HEIGHT - 1 - (value / (most || 1)) * (HEIGHT - 2)).toFixed(1)}`);
  return html`<svg class="spark" width=${WIDTH} height=${HEIGHT} aria-hidden="true">
    <polyline points=${points.join(" ")} /></svg>`;
}

function Line({ name, values, most, words, title }) {
  return html`<div title=${title}><span class="visually-hidden">${name}</span>
    <${Spark} values=${values} most=${most} /><span class="amount">${words}</span></div>`;
}

/** How much a running container uses, lately and now. */
export function Usage({ id }) {
  const place = useRef(null);
  const [, redraw] = useState(0);
  useEffect(() => {
    const row = place.current;
    row.measured = { id, redraw: () => redraw((count) => count + 1) };
    sight.observe(row);
    return () => {
      sight.unobserve(row);
      seen.delete(id);
    };
  }, [id]);
  const samples = known.get(id)?.samples || [];
  const cpu = samples.map((one) => one.cpu).filter((value) => value !== null);
  const memory = samples.map((one) => one.memory).filter((value) => value !== null);
  const now = samples.at(-1);
  return html`<div class="usage" ref=${place}>
    <${Line} name="CPU" title="CPU" values=${cpu} most=${Math.max(5, ...cpu)}
      words=${cpu.length ? `${cpu.at(-1).toFixed(1)} %` : now && now.total === null ? "–" : "…"} />
    <${Line} name="Memory" title=${now?.limit ? `Memory, of ${size(now.limit)}` : "Memory"} values=${memory}
      most=${Math.max(...memory) * 1.2} words=${memory.length ? size(memory.at(-1)) : now ? "–" : "…"} />
  </div>`;
}
