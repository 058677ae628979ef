/** What a container may use: limits that can be changed while it runs, and what is fixed. */

import { tell } from "../../../engine.js";
import { plain } from "../../../format.js";
import { html, useState } from "../../../html.js";
import { note } from "../../../notes.js";
import { Facts, Trouble } from "../../../ui.js";
import { whyNot } from "../acts.js";
import { changes, complaint, FIELDS, sizeText, textsOf } from "./limits.js";

function Field({ field, value, was, locked, put }) {
  const { name, words, hint } = field;
  const wrong = complaint(field, value, was);
  return html`<label>${words} <input name=${name} value=${value} disabled=${locked} placeholder="no limit" autocomplete="off"
      aria-invalid=${wrong ? "true" : null} aria-describedby="about-${name}" onInput=${(event) => put(name, event.target.value.trim())} />
    <span class="hint ${wrong ? "wrong" : ""}" id="about-${name}">${wrong || hint}</span></label>`;
}

/** What a refusal of the engine asks for. */
function advised(problem) {
  if (/memoryswap/i.test(problem.message)) {
    problem.advice = "Fill in memory with swap as well: at least as much as the memory, or -1 for no limit.";
  } else if (/NanoCPUs/i.test(problem.message)) {
    problem.advice = "CPUs, and period with quota, are two ways to say the same: a container keeps the one it has.";
  }
  problem.kept ||= "The engine keeps the limits it had.";
  return problem;
}

const fixed = ({ Privileged, CapAdd, CapDrop, LogConfig, OomKillDisable, PidsLimit, CpusetCpus, ShmSize }) => [
  ["Privileged", Privileged ? "yes" : "no"],
  ["Added capabilities", plain((CapAdd || []).join(" ")) || "none"],
  ["Dropped capabilities", plain((CapDrop || []).join(" ")) || "none"],
  ["Log driver", plain(LogConfig?.Type || "")],
  ["Log options", plain(Object.entries(LogConfig?.Config || {}).map(([name, value]) => `${name}=${value}`).join(" ")) || "none"],
  ["Out of memory", OomKillDisable ? "not killed" : "killed"],
  ["Processes at most", PidsLimit > 0 ? String(PidsLimit) : "no limit"],
  ["CPUs to use", plain(CpusetCpus || "all")],
  ["Shared memory", sizeText(ShmSize) || "none"],
];

export default function Resources({ id, container, host, refresh }) {
  const was = textsOf(container.HostConfig);
  const [draft, setDraft] = useState({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const why = whyNot(host, "remove");
  const is = { ...was, ...draft };
  const wished = changes(was, is);
  const none = Object.keys(wished).length === 0;
  const wrong = FIELDS.some((field) => complaint(field, is[field.name], was[field.name]));
  const save = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const answer = await tell("POST", `/containers/${encodeURIComponent(id)}/update`, wished);
      note([`${container.Name.slice(1)}: limits changed.`, ...(answer?.Warnings || [])].join(" "));
      setDraft({});
    } catch (error) {
      setProblem(advised(error));
    }
    setBusy(false);
    refresh();
  };
  return html`<div class="card"><div class="fields">${FIELDS.map((field) => html`<${Field} field=${field} value=${is[field.name]}
      was=${was[field.name]} locked=${busy || !host.data || why} put=${(name, text) => setDraft({ ...draft, [name]: text })} />`)}</div>
    ${problem && html`<${Trouble} error=${problem} />`}
    <p class="said soft">${why || (none ? "Only what you change is sent; it holds at once, also while the container runs." : "")}</p>
    <div class="buttons"><button class="primary" disabled=${busy || none || wrong || !host.data || why} title=${why} onClick=${save}>Save</button>
      ${!none && html`<button onClick=${() => setDraft({})}>Take back</button>`}</div></div>
    <section><h2>Fixed when it was created</h2><div class="card"><${Facts} pairs=${fixed(container.HostConfig)} /></div></section>`;
}
