/** A container as one row of the list. */

import { plain } from "../../format.js";
import { may } from "../../host.js";
import { html } from "../../html.js";
import { Ago, Badge } from "../../ui.js";
import { Ports } from "./address.js";
import { nameOf, networksOf, pageOf, sinceIn, stateIn } from "./facts.js";
import { wordOf } from "./states.js";
import { Usage } from "./usage.js";

export const HEADS = ["Name", "State", "Networks", "Ports", "Command", "Created", "CPU, memory"];

/** What is long is of no use in a row, and is on the container's own page. */
const cut = (words, most) => plain(words.length > most ? `${words.slice(0, most)} …` : words);

function Name({ one, name, owner, host, ticked, tick }) {
  return html`<div class="name"><input type="checkbox" aria-label="Select ${name}" checked=${ticked}
      disabled=${host.data && !may(host.data, "deployer")} onChange=${(event) => tick([one.Id], event.target.checked)} />
    <div><a href=${pageOf(one.Id, name)}>${name}</a>
      <div class="soft small" title=${cut(one.Image, 300)}>${cut(one.Image, 300)}</div>
      ${owner && html`<div class="small">of deployment <a href="/deployments/${owner}">${owner}</a></div>`}</div></div>`;
}

function State({ one }) {
  const [kind, word] = wordOf(stateIn(one));
  return html`<div><${Badge} kind=${kind}>${word}<//><div class="soft small">${plain(sinceIn(one))}</div></div>`;
}

function Networks({ one }) {
  const all = networksOf(one);
  if (!all.length) return "–";
  return html`<span class="ports">${all.map((name) => html`<a href="/networks/${encodeURIComponent(name)}">${plain(name)}</a> `)}</span>`;
}

/** Return the row of one of `GET /containers/json`. */
export function rowOf(one, { host, address, owner, ticked, tick }) {
  const name = nameOf(one);
  const measured = ["running", "paused"].includes(one.State) && may(host.data, "deployer");
  return {
    key: one.Id,
    cells: [
      html`<${Name} ...${{ one, name, host, ticked, tick }} owner=${owner(one)} />`,
      html`<${State} one=${one} />`,
      html`<${Networks} one=${one} />`,
      html`<${Ports} container=${one} address=${address} />`,
      html`<code class="command" title=${cut(one.Command, 1000)}>${cut(one.Command, 200)}</code>`,
      html`<${Ago} at=${new Date(one.Created * 1000).toISOString()} />`,
      measured ? html`<${Usage} id=${one.Id} />` : "–",
    ],
  };
}
