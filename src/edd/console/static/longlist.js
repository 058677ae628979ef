/** A list of hundreds of thousands of rows, of which only those that are seen are drawn. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { style } from "./late.js";

await style("longlist.css");

const ROW = 30;
const AROUND = 12;

/**
 * A table of `count` rows of one height; `cells(at)` returns what stands in a row.
 *
 * A change of `about`, such as another filter, leads back to the top.
 */
export function LongList({ label, heads, count, cells, about }) {
  const box = useRef(null);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const look = () => box.current && setSeen({ top: box.current.scrollTop, height: box.current.clientHeight });
  useEffect(() => {
    const sized = new ResizeObserver(look);
    sized.observe(box.current);
    return () => sized.disconnect();
  }, []);
  useLayoutEffect(() => {
    box.current.scrollTop = 0;
    look();
  }, [about]);
  const first = Math.max(0, Math.min(Math.floor(seen.top / ROW), count) - AROUND);
  const last = Math.min(count, Math.ceil((seen.top + seen.height) / ROW) + AROUND);
  const rows = [];
  for (let at = first; at < last; at += 1) {
    rows.push(html`<div role="row" class="row" key=${at} aria-rowindex=${at + 2} style=${{ top: `${at * ROW}px` }}>
      ${cells(at).map((cell) => html`<span role="cell">${cell}</span>`)}</div>`);
  }
  return html`<div class="longlist" role="table" aria-label=${label} aria-rowcount=${count + 1} tabindex="0" ref=${box} onScroll=${look}>
    <div role="row" class="visually-hidden" aria-rowindex="1">${heads.map((head) => html`<span role="columnheader">${head}</span>`)}</div>
    <div role="rowgroup" style=${{ height: `${count * ROW}px` }}>${rows}</div></div>`;
}
