/** Marks on images, and few of many things. */

import { html } from "../../html.js";
import { Badge } from "../../ui.js";

const SOME = 3;

/** Some of many things, and how many more there are. */
export function Some({ things, children }) {
  const more = things.length - SOME;
  return html`${things.slice(0, SOME).map(children)}${more > 0 && html`<span class="soft">and ${more} more</span>`}`;
}

/** The releases that need an image. */
export function Kept({ releases }) {
  return html`<${Some} things=${releases}>${({ deployment, number, state }) => html`<span
    title="A rollback needs this image"><${Badge} kind=${state === "current" ? "ok" : "off"}>${deployment}: release ${number}<//></span> `}<//>`;
}
