/** What can be done to one container. */

import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { useGo } from "../../wayon.js";
import { ACTS, idle, perform, ownVolumes, RUNNING, sure, whyNot } from "./acts.js";

function Verb({ verb, host, status, busy, press }) {
  const why = whyNot(host, verb) || (status ? idle(verb, status) : "");
  return html`<button class=${verb === "remove" ? "danger" : ""} disabled=${!status || !host.data || busy || why} title=${why}
    onClick=${() => press(verb)}>${busy === verb ? "…" : ACTS[verb].word}</button>`;
}

/** A link to what can be had of a container that is there, for those who may do what `as` is. */
function Link({ host, as, status, children, ...link }) {
  const why = whyNot(host, as);
  return why || !status || !host.data
    ? html`<button disabled title=${why}>${children}</button>`
    : html`<a class="button" ...${link}>${children}</a>`;
}

/** The row of buttons; its room is there before the container is. `told` gets what went wrong. */
export function Buttons({ id, name, container, owner, host, refresh, told }) {
  const [busy, setBusy] = useState("");
  const go = useGo();
  const status = container?.State.Status;
  const press = async (verb) => {
    const running = RUNNING.includes(status);
    const answer = await sure(verb, [{ name, owner, running, volumes: ownVolumes(container.Mounts) }]);
    if (!answer) return;
    told(null);
    setBusy(verb);
    try {
      const removal = { ...(running && { force: 1 }), ...(answer === "more" && { v: 1 }) };
      note(`${name}: ${await perform(verb, container.Id, removal)}.`);
      if (verb === "remove") return go("/containers");
    } catch (problem) {
      told(problem);
    }
    setBusy("");
    return refresh();
  };
  const verbs = ["start", "restart", "stop", "kill", status === "paused" ? "unpause" : "pause"];
  const seen = { host, status };
  const all = { ...seen, busy, press };
  return html`<div class="bar">${verbs.map((verb) => html`<${Verb} verb=${verb} ...${all} />`)}
    <${Link} ...${seen} as="remove" href="/docker/containers/${encodeURIComponent(id)}/export" download="${name}.tar">Export<//>
    <${Link} ...${seen} as="start" href="/containers/new?from=${encodeURIComponent(id)}">Duplicate<//>
    <${Verb} verb="remove" ...${all} /></div>`;
}
