/** What the engine's disk is used for, when that is asked, and the ways to have less of it. */

import { tell } from "../../engine.js";
import { size } from "../../format.js";
import { html, useState } from "../../html.js";
import { Act } from "../../parts.js";
import { Table, Trouble } from "../../ui.js";
import { kinds } from "./usage.js";

/** The part of the settings about disk use. */
export function Disk() {
  const [state, setState] = useState({});
  const measure = async () => {
    setState({ ...state, busy: true });
    try {
      setState({ all: kinds(await tell("GET", "/system/df")) });
    } catch (problem) {
      setState({ problem });
    }
  };
  return html`<section><div class="title disk"><h2>What Docker's disk is used for</h2><div class="buttons">
      <${Act} busy=${state.busy} onClick=${measure}>${state.all ? "Measure again" : "Measure"}<//></div></div>
    ${state.problem && html`<${Trouble} error=${state.problem} />`}
    ${state.all
      ? html`<${Table} label="Disk use" heads=${["What", "There are", "In use", "Size", "Pruning frees", ""]}
          rows=${state.all.map(({ name, page, count: there, active, bytes, free }) => ({
            key: name,
            cells: [name, there, active, size(bytes), size(free), html`<a href=${page} aria-label="Prune ${name.toLowerCase()}">Prune there</a>`],
          }))} />`
      : !state.problem && html`<p class="soft">The engine looks at every file for it, which can take a minute.</p>`}</section>`;
}
