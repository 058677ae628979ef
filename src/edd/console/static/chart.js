/** Lines over time, drawn by uPlot in the colours of the theme. */

import { html, useEffect, useLayoutEffect, useRef } from "./html.js";
import { style } from "./late.js";
import uPlot from "./vendor/uplot.mjs";

await style("vendor/uplot.css");

const HEIGHT = 150;
const LEAST_SPAN = 60;

/**
 * A chart of the columns `data`, of which the first are seconds since 1970.
 *
 * `tones` are the classes that colour the lines (stats.css); `least` is what the axis reaches at
 * the least, `format` names its marks; `pointed` gets the place of the sample under the pointer,
 * or null.
 */
export function Chart({ label, data, tones, least, format, pointed }) {
  const box = useRef(null);
  const plot = useRef(null);
  useEffect(() => {
    const mine = box.current;
    let colours = coloursOf(mine);
    const made = new uPlot(options({ tones, least, format, pointed }, () => colours), data, mine);
    plot.current = made;
    const sized = new ResizeObserver(() => fit(made, mine));
    sized.observe(mine);
    const unwatch = watchTheme(() => {
      colours = coloursOf(mine);
      made.redraw(false);
    });
    fit(made, mine);
    return () => {
      sized.disconnect();
      unwatch();
      made.destroy();
    };
  }, []);
  useLayoutEffect(() => plot.current?.setData(data));
  return html`<div class="plot" ref=${box} role="img" aria-label=${label}>
    ${[...tones, "axis", "grid"].map((tone) => html`<i class="tone ${tone}"></i>`)}</div>`;
}

function fit(plot, box) {
  if (box.clientWidth) plot.setSize({ width: box.clientWidth, height: HEIGHT });
}

/** Return the colours that the style sheet gives each tone, as a canvas takes them. */
function coloursOf(box) {
  const tones = [...box.querySelectorAll(".tone")];
  return Object.fromEntries(tones.map((one) => [one.classList[1], getComputedStyle(one).color]));
}

/** Call `changed` when the page becomes light or dark. */
function watchTheme(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(changed);
  system.addEventListener("change", changed);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", changed);
    chosen.disconnect();
  };
}

function options({ tones, least, format, pointed }, colours) {
  const axis = { stroke: () => colours().axis, ticks: { show: false }, grid: { stroke: () => colours().grid, width: 1 } };
  const moment = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en", { hour12: false });
  return {
    width: 300,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: "stats" } },
    scales: {
      x: { range: (_plot, first, last) => [Math.min(first, last - LEAST_SPAN), last] },
      y: { range: (_plot, _low, high) => [0, Math.max(high || 0, least) * 1.1] },
    },
    axes: [
      { ...axis, size: 30, space: 90, values: (_plot, marks) => marks.map(moment) },
      { ...axis, size: 64, space: 36, values: (_plot, marks) => marks.map(format) },
    ],
    series: [{}, ...tones.map((tone) => ({ stroke: () => colours()[tone], width: 1.5, points: { show: false } }))],
    hooks: { setCursor: [({ cursor }) => pointed(cursor.idx ?? null)] },
  };
}
