/** A new container: typed in, like another one, or as a `docker run` line says. */

import { Common } from "../../create/common.js";
import { create } from "../../create/creation.js";
import { PasteLine, ShowLine } from "../../create/lines.js";
import { useBeginning, useImage, useKnown } from "../../create/known.js";
import { problemsOf } from "../../create/problems.js";
import { groupOf, Sections } from "../../create/sections.js";
import { tell } from "../../engine.js";
import { plain, size } from "../../format.js";
import { may } from "../../host.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { style } from "../../late.js";
import { note } from "../../notes.js";
import { go, useAddress } from "../../router.js";
import { Empty, Trouble, Waiting } from "../../ui.js";

await style("create.css");

const HERE = "/containers/new";

/** What was typed into forms that were left before a container came of them, by what they are for. */
const drafts = new Map();

/** Return what the address asks for; of another page's address nothing is heeded. */
function useAsked() {
  const [query] = useAddress((before) => (location.pathname === HERE ? location.search : before));
  const words = new URLSearchParams(query);
  return { from: words.get("from") || "", image: words.get("image") || "" };
}

export default function New({ host }) {
  const { from, image } = useAsked();
  const begun = useBeginning(from, image);
  const [line, setLine] = useState("");
  const title = from ? `Duplicate ${begun.name || from.slice(0, 24)}` : "New container";
  const toggle = (which) => setLine(line === which ? "" : which);
  if (host.data && !may(host.data, "deployer")) {
    return html`<div class="title"><h1>${plain(title)}</h1></div><section><${Empty} title="Your certificate is for looking only">
      Ask the host's administrator for one with the role deployer, or admin.<//></section>`;
  }
  return html`<div class="title"><h1>${plain(title)}</h1><div class="buttons">
      <button aria-expanded=${line === "paste" ? "true" : "false"} onClick=${() => toggle("paste")}>Paste a docker run line</button>
      <button aria-expanded=${line === "show" ? "true" : "false"} onClick=${() => toggle("show")}>Show as docker run</button></div></div>
    ${begun.error && html`<${Trouble} error=${begun.error} />`}
    ${begun.form && host.data
      ? html`<${Form} key=${from + image} draft=${from + image} begun=${begun} line=${line} admin=${may(host.data, "admin")} />`
      : !begun.error && html`<${Waiting} rows=${9} />`}`;
}

/** Who may not pull leaves that to others, unless a pull was asked for. */
function fitting(form, admin) {
  return admin || form.pull === "always" ? form : { ...form, pull: "never" };
}

/** The form, which keeps what was typed whatever becomes of it, and whoever goes elsewhere meanwhile. */
function Form({ draft, begun, line, admin }) {
  const [form, setForm] = useState(() => drafts.get(draft) ?? fitting(begun.form, admin));
  const [left, setLeft] = useState(() => drafts.has(draft));
  const [seen, setSeen] = useState(() => new Set(["name"]));
  const [opened, setOpened] = useState(() => new Set());
  const known = useKnown();
  const image = useImage(form.image, known.images);
  const all = problemsOf(form, { ...known, admin });
  const problems = seen.has("all") ? all : Object.fromEntries(Object.entries(all).filter(([part]) => seen.has(part)));
  const keep = (next) => {
    drafts.set(draft, next);
    return next;
  };
  const set = (part, value) => {
    setForm((now) => keep({ ...now, [part]: value }));
    setSeen((now) => new Set([...now, part]));
  };
  const open = (group, on) => setOpened((now) => (now.has(group) === on ? now : new Set(on ? [...now, group] : [...now].filter((each) => each !== group))));
  const making = useMaking({ form, known, admin, done: () => drafts.delete(draft) });
  const send = (start) => {
    const wrong = Object.keys(all);
    if (!wrong.length) return making.make(start);
    setSeen(new Set(["all"]));
    setOpened((now) => new Set([...now, ...wrong.map(groupOf).filter(Boolean)]));
    return setTimeout(() => document.querySelector('[aria-invalid="true"], fieldset:has(> .wrong)')?.focus(), 50);
  };
  const take = (next) => {
    setForm(keep(fitting(next, admin)));
    setSeen(new Set(["all"]));
  };
  const startOver = () => {
    drafts.delete(draft);
    setForm(fitting(begun.form, admin));
    setSeen(new Set(["name"]));
    setLeft(false);
  };
  return html`<div class="making">
    <div hidden=${line !== "paste"}><${PasteLine} take=${take} /></div>
    ${line === "show" && html`<${ShowLine} form=${form} />`}
    ${left && html`<p class="bar" role="status">This is as you left it. <button onClick=${startOver}>Start over</button></p>`}
    ${begun.notes.length > 0 && html`<section class="card"><ul class="told">${begun.notes.map((one) => html`<li>${plain(one)}</li>`)}</ul></section>`}
    <form novalidate onSubmit=${(event) => { event.preventDefault(); send(true); }}>
      <${Common} ...${{ form, set, problems, admin, known, image }} />
      <${Sections} ...${{ form, set, problems, admin, image, opened, open }} />
      <${Ending} ...${making} wrong=${Object.keys(problems).length} body=${problems.body} admin=${admin} send=${send} />
    </form></div>`;
}

/** Create what the form means, once, and lead to it if this page is still there. */
function useMaking({ form, known, admin, done }) {
  const [state, setState] = useState({ busy: null, refused: null, made: null });
  const here = useRef(true);
  useEffect(() => () => (here.current = false), []);
  const make = async (start) => {
    const step = (words, progress) => here.current && setState({ busy: { words, progress }, refused: null, made: null });
    step("Creating …");
    try {
      const made = await create(form, { start, step, mayPull: admin, there: known.references });
      done();
      const name = form.name || made.id.slice(0, 12);
      if (!made.problem) note(`${name} was ${start ? "created and started" : "created"}.`);
      if (!here.current) return;
      if (made.problem || made.warnings.length) setState({ busy: null, refused: null, made: { ...made, name } });
      else go(`/containers/${made.id.slice(0, 12)}`);
    } catch (problem) {
      if (here.current) setState({ busy: null, refused: problem, made: null });
    }
  };
  const remove = async ({ id, name }) => {
    try {
      await tell("DELETE", `/containers/${id}?v=1`);
      setState({ busy: null, refused: null, made: null });
      note(`${name} was removed.`);
    } catch (problem) {
      note(problem.message, "bad");
    }
  };
  return { ...state, make, remove };
}

function Ending({ busy, refused, made, remove, wrong, body, admin, send }) {
  return html`<div class="ending">
    ${refused && html`<${Trouble} error=${refused}><p>No container was created. What you typed is still here.</p><//>`}
    ${body && html`<p class="wrong">${body}</p>`}
    ${made && html`<${Made} ...${{ made, remove, admin }} />`}
    <div class="send"><p role="status">${busy ? html`<${Busy} ...${busy} />` : wrong > 0 && html`<${Wrongs} count=${wrong} />`}</p>
      <button type="button" disabled=${busy} onClick=${() => send(false)}>Create only</button>
      <button class="primary" disabled=${busy}>Create and start</button></div>
  </div>`;
}

function Wrongs({ count }) {
  return html`<span class="wrong">${count === 1 ? "One part is not right yet." : `${count} parts are not right yet.`}</span>`;
}

function Busy({ words, progress }) {
  return html`${plain(words)} ${progress?.total > 0 && html`<progress aria-label="Pulled" max=${progress.total} value=${progress.done}></progress>
    ${size(progress.done)} of ${size(progress.total)}`}`;
}

/** A container that is there, and something to know about it. */
function Made({ made, remove, admin }) {
  const { id, name, problem, warnings } = made;
  const place = `/containers/${id.slice(0, 12)}`;
  return html`<section class="card" role="alert" aria-label="Created">
    <p><strong>${problem ? `${plain(name)} was created, but not all of it worked.` : `${plain(name)} was created. The engine warns:`}</strong></p>
    ${problem && html`<p class="wrong">${plain(problem.message)}</p>`}
    <ul class="told">${warnings.map((one) => html`<li>${plain(one)}</li>`)}</ul>
    <div class="buttons"><a class="button" href=${place}>Open ${plain(name)}</a>
      ${problem && admin && html`<button type="button" onClick=${() => remove(made)}>Remove it and change the form</button>`}</div>
  </section>`;
}
