/** Everything a component needs to be written: `html`, hooks and `Fragment`. */

import { Fragment, h, render } from "./vendor/preact.mjs";
import htm from "./vendor/htm.mjs";

export * from "./vendor/hooks.mjs";
export { Fragment, render };

/** Tagged template that makes elements; what is put into it is text, never markup. */
export const html = htm.bind(h);
