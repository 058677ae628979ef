/** What can be done to all containers that are ticked, and what became of each. */

import { plain } from "../../format.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Trouble } from "../../ui.js";
import { ACTS, ownVolumes, performAll, RUNNING, sure, whyNot } from "./acts.js";
import { listed, nameOf } from "./facts.js";

function targets(ticked, owner) {
  return ticked.map((one) => ({
    id: one.Id,
    name: nameOf(one),
    owner: owner(one),
    running: RUNNING.includes(one.State),
    volumes: ownVolumes(one.Mounts),
  }));
}

/** What was done, by name; those it did not work for stay until they were read. */
function Outcome({ outcome: { word, done, failed }, close }) {
  const error = { message: `${word} did not work for ${failed.length} of ${done.length + failed.length} containers.` };
  const place = useRef(null);
  useEffect(() => place.current.scrollIntoView({ block: "nearest" }), []);
  return html`<div class="outcome" ref=${place}><${Trouble} error=${error}>
    <ul>${failed.map(({ name, problem }) => html`<li><strong>${name}</strong>: ${plain(problem.message)} ${plain(problem.advice)}</li>`)}</ul>
    ${done.length > 0 && html`<p>It worked for ${listed(done.map(({ name }) => name))}.</p>`}
    <div class="buttons"><button onClick=${close}>Close</button></div><//></div>`;
}

function told(done) {
  const words = [...new Set(done.map(({ word }) => word))];
  return words.map((word) => {
    const names = done.filter((one) => one.word === word).map(({ name }) => name);
    return `${listed(names, 6)}: ${word}.`;
  }).join(" ");
}

export function Bulk({ host, shown, ticked, tick, owner, refresh }) {
  const [busy, setBusy] = useState("");
  const [outcome, setOutcome] = useState(null);
  const press = async (verb) => {
    const all = targets(ticked, owner);
    const answer = await sure(verb, all);
    if (!answer) return;
    const { word } = ACTS[verb];
    const removal = (one) => ({ ...(one.running && { force: 1 }), ...(answer === "more" && { v: 1 }) });
    setOutcome(null);
    setBusy(`${word}: 0 of ${all.length} …`);
    const ended = await performAll(verb, all.map((one) => ({ ...one, removal: removal(one) })),
      (count) => setBusy(`${word}: ${count} of ${all.length} …`));
    setBusy("");
    if (ended.failed.length) setOutcome({ word, ...ended });
    else note(told(ended.done));
    refresh();
  };
  const ids = new Set(ticked.map(({ Id }) => Id));
  const seen = shown.filter(({ Id }) => ids.has(Id)).length;
  const every = shown.length > 0 && seen === shown.length;
  const unseen = ticked.length > seen ? `, ${ticked.length - seen} of them not shown` : "";
  const none = whyNot(host, "start");
  return html`<div class="bulk">
      <label title=${none}><input type="checkbox" checked=${every} disabled=${none || !shown.length}
        onChange=${(event) => tick(shown.map(({ Id }) => Id), event.target.checked)} />
        <span aria-live="polite">${busy || (ticked.length ? `${ticked.length} selected${unseen}` : "Select all")}</span></label>
      ${ticked.length > 0 && Object.entries(ACTS).map(([verb, { word }]) => html`<button key=${verb}
        class=${verb === "remove" ? "danger" : ""} disabled=${busy || whyNot(host, verb)} title=${whyNot(host, verb)}
        onClick=${() => press(verb)}>${word}</button>`)}
    </div>
    ${outcome && html`<${Outcome} outcome=${outcome} close=${() => setOutcome(null)} />`}`;
}
