/** States to choose from, with how many containers are in each. */

import { html } from "../../html.js";
import { stateIn } from "./facts.js";

const ALWAYS = ["running", "exited"];
const ORDER = ["running", "unhealthy", "paused", "restarting", "exited", "created", "removing", "dead"];

const fits = (one, chip) => (chip === "unhealthy" ? stateIn(one).health === chip : one.State === chip);

/** Return those of `all` that are in the state `chip`; all without one. */
export function choose(all, chip) {
  return chip ? all.filter((one) => fits(one, chip)) : [...all];
}

export function Chips({ all, chosen, choose: pick }) {
  const counted = ORDER.map((chip) => [chip, all.filter((one) => fits(one, chip)).length]);
  const shown = counted.filter(([chip, count]) => count || ALWAYS.includes(chip) || chip === chosen);
  return html`<div class="states" role="group" aria-label="State">
    ${[["", all.length], ...shown].map(([chip, count]) => html`<button key=${chip} aria-pressed=${chip === chosen ? "true" : "false"}
      onClick=${() => pick(chip)}>${chip || "all"} <span class="count">${count}</span></button>`)}</div>`;
}
