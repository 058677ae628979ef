/** The parts of the form that most containers do without, closed until somebody opens them. */

import { plain } from "../format.js";
import { html } from "../html.js";
import { Pairs } from "./common.js";
import { Field, Lines, tied, Wrong } from "./controls.js";
import { FIELDS, GROUPS } from "./fields.js";
import { isLines, isSwitch } from "./kinds.js";
import { NEEDS_ADMIN } from "./problems.js";

const PARTS = [
  ...Object.entries(GROUPS).map(([group, title]) => ({ group, title, fields: FIELDS.filter((field) => field.group === group && field.label) })),
  { group: "mounts", title: "More about mounts", fields: FIELDS.filter(({ group }) => group === "mounts") },
];
const OF_IMAGE = { workdir: "WorkingDir", user: "User", "stop-signal": "StopSignal" };

/** The name of the closed part that a part of the form is in; none for what is always seen. */
export function groupOf(part) {
  if (part === "platform") return "process";
  if (part === "labels" || part === "rest") return part;
  return FIELDS.find(({ name, label }) => name === part && label)?.group ?? "";
}

export function Sections({ form, set, problems, admin, image, opened, open }) {
  const draw = (field) => html`<${Field} key=${field.name} ...${{ field, form, set, admin }} problem=${problems[field.name]}
    placeholder=${fromImage(field.name, image)} />`;
  return html`${PARTS.map(({ group, title, fields }) => html`<${Section} key=${group} ...${{ group, title, opened, open }}
      count=${fields.filter(({ name }) => form[name]).length + (group === "labels" ? form.labels.length : 0) + (group === "process" && form.platform ? 1 : 0)}>
      ${group === "labels" && html`<${Pairs} part="labels" label="Labels" one="a label" ...${{ form, set, problems }} />`}
      ${fields.filter(({ kind }) => !isSwitch(kind) && !isLines(kind)).map(draw)}
      ${group === "process" && html`<${Platform} ...${{ form, set }} />`}
      ${fields.filter(({ kind }) => isLines(kind)).map(draw)}
      ${fields.filter(({ kind }) => isSwitch(kind)).map(draw)}<//>`)}
    <${Section} group="rest" title="Other settings, as JSON" count=${form.rest.trim() ? 1 : 0} ...${{ opened, open }}>
      <div class="part wide"><label for="part-rest">What the form has no field for, as the engine's API has it</label>
        <${Lines} ...${tied("rest", problems.rest)} value=${form.rest} placeholder='{"HostConfig": {"Init": false}}'
          disabled=${!admin && !form.rest} title=${admin ? null : `Disabled: ${NEEDS_ADMIN}`} onInput=${(event) => set("rest", event.target.value)} />
        <${Wrong} part="rest" problem=${problems.rest} /></div><//>`;
}

function Section({ group, title, count, opened, open, children }) {
  const id = `group-${group}`;
  const toggled = ({ target }) => target.id === id && open(group, target.open);
  return html`<details class="card group" id=${id} open=${opened.has(group)} onToggle=${toggled}>
    <summary><h2>${title}</h2>${count > 0 && html`<span class="count">${count} set</span>`}</summary>
    ${opened.has(group) && html`<div class="parts">${children}</div>`}</details>`;
}

function Platform({ form, set }) {
  return html`<div class="part"><label for="part-platform">Platform</label>
    <input id="part-platform" value=${form.platform} placeholder="linux/arm64" spellcheck=${false} autocomplete="off"
      onInput=${(event) => set("platform", event.target.value)} /></div>`;
}

function fromImage(name, image) {
  const value = image?.Config?.[OF_IMAGE[name]];
  return value ? `the image's: ${plain(value)}` : "";
}
