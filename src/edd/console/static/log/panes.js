/** A log, and another one beside it: `?with=containers/NAME` or `?with=deployments/NAME`. */

import { get } from "../api.js";
import { plain } from "../format.js";
import { html, useEffect, useState } from "../html.js";
import { useParameter } from "../query.js";
import { LogPane } from "./pane.js";
import { sourceOf } from "./sources.js";

/** Return the names of all deployments and containers, as far as the caller may see them. */
function useNames(wanted) {
  const [names, setNames] = useState(null);
  useEffect(() => {
    if (!wanted || names) return;
    const deployments = get("/v1/deployments").then((all) => all.map(({ name }) => name));
    const containers = get("/docker/containers/json?all=1").then((all) => all.map(({ Names, Id }) => nameOf(Names, Id)));
    Promise.all([deployments, containers].map((one) => one.catch(() => []))).then((found) =>
      setNames({ deployments: found[0].sort(), containers: found[1].sort() }),
    );
  }, [wanted]);
  return names;
}

/** A container's own name; those that links gave it have two slashes. */
function nameOf(names, id) {
  const own = (names || []).find((name) => name.lastIndexOf("/") === 0);
  return own ? own.slice(1) : id.slice(0, 12);
}

function Group({ title, kind, names, value }) {
  return html`<optgroup label=${title}>${names.map((name) => {
    const key = `${kind}/${name}`;
    return html`<option value=${key} selected=${key === value}>${plain(name)}</option>`;
  })}</optgroup>`;
}

function Beside({ value, choose }) {
  const [open, setOpen] = useState(Boolean(value));
  const names = useNames(open);
  if (!open) return html`<button aria-expanded="false" onClick=${() => setOpen(true)}>Beside …</button>`;
  const close = () => {
    choose("");
    setOpen(false);
  };
  const known = names && [...names.deployments.map((one) => `deployments/${one}`), ...names.containers.map((one) => `containers/${one}`)];
  return html`<select aria-label="Log beside" value=${value} disabled=${!names} onChange=${(event) => choose(event.target.value)}>
      <option value="" selected=${!value}>${names ? "which log?" : "…"}</option>
      ${value && !known?.includes(value) && html`<option value=${value} selected>${plain(value.split("/").pop())}</option>`}
      ${names && html`<${Group} title="Deployments" kind="deployments" names=${names.deployments} value=${value} />
        <${Group} title="Containers" kind="containers" names=${names.containers} value=${value} />`}
    </select>
    <button aria-label="Close the log beside" onClick=${close}>✕</button>`;
}

/** The log of `source`, with the `facts` that `LogPane` takes, and beside it the one that the address names. */
export function Panes({ source, ...facts }) {
  const [beside, choose] = useParameter("with");
  const second = sourceOf(beside);
  useEffect(() => {
    document.body.classList.toggle("wide", Boolean(second));
    return () => document.body.classList.remove("wide");
  }, [Boolean(second)]);
  return html`<div class=${second ? "panes two" : "panes"}>
    <div class="pane">
      ${second && html`<h2>${source.name}</h2>`}
      <${LogPane} source=${source} ...${facts}><${Beside} value=${second ? beside : ""} choose=${choose} /><//>
    </div>
    ${second && html`<div class="pane" key=${beside}>
      <h2><a href="/${beside}/logs">${second.name}</a></h2>
      <${LogPane} source=${second} />
    </div>`}
  </div>`;
}
