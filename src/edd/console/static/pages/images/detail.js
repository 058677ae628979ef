/** One image: what it is called, made of and used by, and what can be done with it. */

import { useEngine } from "../../engine.js";
import { plain, short, size } from "../../format.js";
import { may } from "../../host.js";
import { html, useState } from "../../html.js";
import { style } from "../../late.js";
import { whyNot } from "../../parts.js";
import { Ago, Empty, Facts, Table, Trouble, Waiting } from "../../ui.js";
import { useGo } from "../../wayon.js";
import { addTag, called, remove, untag } from "./acts.js";
import { Field, Sheet } from "./forms.js";
import { keptBy, useKept } from "./kept.js";
import { Kept } from "./marks.js";
import { nameOf, pathOf, saveOf, tagsOf, usersOf } from "./names.js";
import { Push } from "./push.js";
import { Works } from "./work.js";

await Promise.all(["log.css", "images.css"].map(style));

const LONGEST_STEP = 2000;

/** A command as it would be typed. */
function words(command) {
  return [command || []].flat().map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}

function facts(image) {
  if (!image) return ["ID", "Size", "Created", "Platform"].map((name) => [name, "…"]);
  return [
    ["ID", html`<code>${short(image.Id)}</code>`],
    ["Size", size(image.Size)],
    ["Created", html`<${Ago} at=${image.Created} />`],
    ["Platform", plain([image.Os, image.Architecture, image.Variant].filter(Boolean).join("/"))],
  ];
}

function Lines({ lines }) {
  return html`<ul class="lines">${lines.map((line) => html`<li><code>${plain(line)}</code></li>`)}</ul>`;
}

/** With what a container of it begins, as far as the image says. */
function Configuration({ image }) {
  const config = image.Config || {};
  const pairs = [
    ["Entrypoint", [words(config.Entrypoint)]],
    ["Command", [words(config.Cmd)]],
    ["Working directory", [config.WorkingDir]],
    ["User", [config.User]],
    ["Ports", Object.keys(config.ExposedPorts || {})],
    ["Volumes", Object.keys(config.Volumes || {})],
    ["Environment", config.Env || []],
    ["Labels", Object.entries(config.Labels || {}).map(([name, value]) => `${name}=${value}`)],
    ["Health check", [words(config.Healthcheck?.Test)]],
    ["Stop signal", [config.StopSignal]],
    ["Author", [image.Author]],
    ["Comment", [image.Comment]],
  ].map(([name, lines]) => [name, lines.filter(Boolean)]).filter(([, lines]) => lines.length);
  if (!pairs.length) return html`<${Empty} title="It says nothing">A container of it needs a command.<//>`;
  return html`<div class="card settings"><${Facts} pairs=${pairs.map(([name, lines]) => [name, html`<${Lines} lines=${lines} />`])} /></div>`;
}

function History({ steps }) {
  return html`<${Table} label="History" heads=${["Step", "Size", "Created"]} rows=${steps.map(({ CreatedBy, Comment, Size, Created }, at) => ({
    key: at,
    cells: [
      html`<code class="step">${plain((CreatedBy || Comment || "–").slice(0, LONGEST_STEP))}</code>`,
      size(Size),
      html`<${Ago} at=${new Date(Created * 1000).toISOString()} />`,
    ],
  }))} />`;
}

function Users({ image, containers }) {
  const users = usersOf(image, containers);
  if (!users.length) return html`<${Empty} title="No container uses it">One is made by “Create a container”.<//>`;
  return html`<${Table} label="Containers" heads=${["Container", "State"]} rows=${users.map((one) => ({
    key: one.Id,
    cells: [html`<a href="/containers/${one.Id}">${plain(nameOf(one))}</a>`, plain(one.Status)],
  }))} />`;
}

function Tags({ image, kept, why, refresh, gone }) {
  const tags = tagsOf(image);
  return html`<ul class="tags" aria-label="Tags">${tags.map((tag) => html`<li key=${tag}><code>${plain(tag)}</code>
      <button disabled=${why} title=${why} aria-label="Untag ${plain(tag)}" onClick=${() => untag(image, tag, { refresh, gone })}>Untag</button></li>`)}
    ${!tags.length && html`<li class="soft">It has no tag.</li>`}</ul>
    <p><${Kept} releases=${keptBy(image, kept)} /></p>
    ${image.RepoDigests?.length > 0 && html`<${Facts} pairs=${[["Digests", html`<${Lines} lines=${image.RepoDigests} />`]]} />`}`;
}

function TagForm({ image, close, refresh }) {
  const send = ({ tag }) => addTag(image, tag, refresh);
  return html`<${Sheet} title="Tag" action="Tag" close=${close} send=${send}>
    <${Field} label="New tag" name="tag" required placeholder="registry.example.org/team/app:1.2" /><//>`;
}

function Acts({ image, reads, why, form, setForm, gone }) {
  const name = tagsOf(image)[0] || image.Id;
  const press = (force) => () => remove([image], force, gone);
  const toggle = (name, off) => html`<button disabled=${why || off} title=${why} aria-expanded=${form === name ? "true" : "false"}
    onClick=${() => setForm(form === name ? "" : name)}>${name}</button>`;
  return html`${!why && html`<a class="button primary" href="/containers/new?${new URLSearchParams({ image: name })}">Create a container</a>`}
    ${reads && html`<a class="button" href=${saveOf([image])} download="${short(image.Id)}.tar">Save</a>`}
    ${toggle("Tag")}${toggle("Push", !tagsOf(image).length)}
    <button class="danger" disabled=${why} title=${why} onClick=${press(false)}>Remove</button>
    <button class="danger" disabled=${why} title=${why} onClick=${press(true)}>Remove by force</button>`;
}

/** All that is told of an image; nothing of it moves, since it comes at once. */
function Told({ image, containers, history, kept, ...shared }) {
  return html`<section><h2>Tags</h2><div class="card"><${Tags} ...${{ image, kept, ...shared }} /></div></section>
    <section><h2>Used by</h2><${Users} image=${image} containers=${containers} /></section>
    <section><h2>History</h2><${History} steps=${history} /></section>
    <section><h2>Configuration</h2><${Configuration} image=${image} /></section>
    <section><h2>Inspect</h2><details class="card"><summary>All that Docker knows of it, as JSON</summary>
      <pre class="raw" tabindex="0">${plain(JSON.stringify(image, null, 2))}</pre></details></section>`;
}

export default function Image({ parts: [name], host }) {
  const path = pathOf(name);
  const live = useEngine(`${path}/json`, 5);
  const history = useEngine(`${path}/history`, 60);
  const containers = useEngine("/containers/json?all=1", 5);
  const kept = useKept();
  const [form, setForm] = useState("");
  const go = useGo();
  const image = live.data;
  const shared = { image, reads: may(host.data, "admin"), why: whyNot(host.data), refresh: live.refresh, gone: () => go("/images") };
  const Form = { Tag: TagForm, Push }[form];
  const error = [live, history, containers].map((one) => one.error).find((one) => one && !one.away);
  const whole = image && history.data && containers.data && kept;
  return html`<div class="title"><h1>${image ? called(image) : plain(name.slice(0, 80))}</h1>
      <div class="buttons acts">${image && html`<${Acts} ...${shared} ...${{ form, setForm }} />`}</div></div>
    ${error && html`<${Trouble} error=${error}>
      ${error.status === 404 && html`<p>It may have been removed: see <a href="/images">all images</a>.</p>`}<//>`}
    ${image && Form && html`<${Form} ...${shared} close=${() => setForm("")} />`}
    <${Works} />
    ${(image || !error) && html`<section class="card"><${Facts} pairs=${facts(image)} /></section>`}
    ${whole ? html`<${Told} ...${shared} ...${{ kept, history: history.data, containers: containers.data }} />`
      : !error && html`<${Waiting} rows=${8} />`}`;
}
