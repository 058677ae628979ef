/** What most containers need: image, name, command, ports, environment, mounts, network, restart. */

import { plain } from "../format.js";
import { html, useState } from "../html.js";
import { Cell, Lines, Part, Pick, Rows, tied, Words } from "./controls.js";
import { MountDialog } from "./mountdialog.js";
import { described, inWords } from "./mountform.js";
import { NETWORK } from "./networks.js";
import { PROTOCOLS } from "./ports.js";
import { NEEDS_ADMIN } from "./problems.js";
import { join } from "../words.js";

const PULLS = { missing: "Pull it if it is missing", always: "Always pull it first", never: "Never pull it" };
const RESTARTS = { no: "Never", "unless-stopped": "Always, unless it was stopped", always: "Always", "on-failure": "When it failed" };
const PORT = { ip: "", host: "", container: "", protocol: "tcp" };
const VARIABLE = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$/;

export function Common({ form, set, problems, admin, known, image }) {
  const own = (part) => ({ part, problem: problems[part] });
  const text = (part, more) => html`<input ...${tied(part, problems[part])} value=${form[part]} spellcheck=${false} autocomplete="off"
    onInput=${(event) => set(part, event.target.value)} ...${more} />`;
  const command = image?.Config && join([...(form.entrypoint ? [] : image.Config.Entrypoint || []), ...(form.entrypoint ? [] : image.Config.Cmd || [])]);
  return html`<section class="card parts">
    <${Part} ...${own("image")} label="Image">${text("image", { list: "images", placeholder: "nginx:1.27", required: true })}<//>
    <${Part} ...${own("pull")} label="Pull">
      <select ...${tied("pull", problems.pull)} value=${form.pull} disabled=${!admin && form.pull !== "always"}
        title=${admin ? null : "Only an administrator may pull images"} onChange=${(event) => set("pull", event.target.value)}>
        ${Object.entries(PULLS).map(([key, words]) => html`<option value=${key} selected=${key === form.pull}>${words}</option>`)}</select><//>
    <${Part} ...${own("name")} label="Name">${text("name", { placeholder: "Docker makes one up" })}<//>
    <${Restart} value=${form.restart} set=${set} problem=${problems.restart} />
    <${Part} ...${own("command")} label="Command" wide>${text("command", { placeholder: command ? `the image's: ${plain(command)}` : "the image's" })}
      <${Words} text=${form.command} /><//>
    <${Ports} ...${{ form, set, problems, image }} />
    <${Pairs} part="env" label="Environment" one="a variable" ...${{ form, set, problems }} />
    <${Mounts} ...${{ form, set, problems, admin, known }} />
    <${Networks} ...${{ form, set, problems, admin }} />
    <datalist id="images">${known.images.map((name) => html`<option value=${name} />`)}</datalist>
    <datalist id="networks">${known.networks.map((name) => html`<option value=${name} />`)}</datalist>
  </section>`;
}

function Restart({ value, set, problem }) {
  const [name, tries = ""] = value.split(":");
  const change = (next, most) => set("restart", next === "on-failure" && most ? `${next}:${most}` : next);
  return html`<${Part} part="restart" label="Restart it" problem=${problem}><div class="row">
    <select ...${tied("restart", problem)} value=${name} onChange=${(event) => change(event.target.value, tries)}>
      ${Object.entries(RESTARTS).map(([key, words]) => html`<option value=${key} selected=${key === name}>${words}</option>`)}</select>
    ${name === "on-failure" && html`<${Cell} label="at most, times" value=${tries} onInput=${(most) => change(name, most)} />`}</div><//>`;
}

function Ports({ form, set, problems, image }) {
  const taken = form.ports.map(({ container, protocol }) => `${container}/${protocol}`);
  const exposed = Object.keys(image?.Config?.ExposedPorts || {}).filter((name) => !taken.includes(name)).slice(0, 6);
  const publish = (name) => {
    const [container, protocol = "tcp"] = name.split("/");
    set("ports", [...form.ports, { ...PORT, host: container, container, protocol }]);
  };
  return html`<${Rows} part="ports" label="Published ports" one="a port" rows=${form.ports} fresh=${PORT} set=${set} problem=${problems.ports}
    draw=${(row, change) => html`
      <${Cell} label="Address of the host" value=${row.ip} onInput=${(ip) => change({ ip })} />
      <${Cell} label="Port of the host" value=${row.host} onInput=${(host) => change({ host })} />
      <span aria-hidden="true">→</span>
      <${Cell} label="Port of the container" value=${row.container} onInput=${(container) => change({ container })} />
      <${Pick} label="Protocol" value=${row.protocol} choices=${PROTOCOLS} onPick=${(protocol) => change({ protocol })} />`}>
    ${exposed.map((name) => html`<button type="button" class="quiet" onClick=${() => publish(name)}>Publish ${plain(name)} of the image</button>`)}
  <//>`;
}

/** Names and values. Several lines that are pasted into a name become several rows. */
export function Pairs({ part, label, one, form, set, problems }) {
  const rows = form[part];
  const paste = (at) => (event) => {
    const lines = event.clipboardData.getData("text").split(/\r?\n/).filter((line) => line.trim() && !line.trim().startsWith("#"));
    const found = lines.map((line) => line.match(VARIABLE));
    if (!lines.length || found.includes(null)) return;
    event.preventDefault();
    const more = found.map(([, name, value]) => ({ name, value: value.trim().replace(/^(["'])(.*)\1$/, "$2") }));
    set(part, [...rows.slice(0, at), ...more, ...rows.slice(at + 1)]);
  };
  return html`<${Rows} part=${part} label=${label} one=${one} rows=${rows} fresh=${{ name: "", value: "" }} set=${set} problem=${problems[part]}
    draw=${(row, change, at) => html`
      <input class="cell" aria-label="Name of ${one} (${at + 1})" placeholder="Name, or paste lines NAME=value" value=${row.name} spellcheck=${false} autocomplete="off"
        onPaste=${paste(at)} onInput=${(event) => change({ name: event.target.value })} />
      <span aria-hidden="true">=</span>
      <${Lines} class="cell grow" aria-label="Value of ${one} (${at + 1})" value=${row.value ?? ""}
        placeholder=${row.value === null ? "taken away from the image's" : "Value"} onInput=${(event) => change({ value: event.target.value })} />`} />`;
}

function Mounts({ form, set, problems, admin, known }) {
  const [edited, setEdited] = useState(null);
  const rows = form.mounts;
  const remove = (at) => set("mounts", rows.filter((_, each) => each !== at));
  const done = (row) => {
    if (row) set("mounts", edited.at === undefined ? [...rows, row] : rows.map((each, at) => (at === edited.at ? row : each)));
    setEdited(null);
  };
  return html`<fieldset class="part wide" id="part-mounts" tabindex="-1"><legend>Mounts</legend>
    ${rows.map((row, at) => html`<div class="row mount" key=${at}><${Mount} row=${row} />
      <button type="button" class="quiet" aria-label="Change mount ${at + 1}" onClick=${() => setEdited({ at, row })}>Change</button>
      <button type="button" class="quiet" aria-label="Remove mount ${at + 1}" onClick=${() => remove(at)}>×</button></div>`)}
    ${problems.mounts && html`<p class="wrong" id="wrong-mounts">${plain(problems.mounts)}</p>`}
    <div class="adders"><button type="button" onClick=${() => setEdited({})}>Add a mount</button></div>
    ${edited && html`<${MountDialog} row=${edited.row} admin=${admin} known=${known} done=${done} />`}
  </fieldset>`;
}

function Mount({ row }) {
  try {
    const { what, where, more } = inWords(described(row));
    return html`<span class="grow"><code>${plain(what)}</code> → <code>${plain(where)}</code>${more && html` <span class="soft">${plain(more)}</span>`}</span>`;
  } catch {
    return html`<span class="grow"><code>--${row.option} ${plain(row.value)}</code></span>`;
  }
}

const OWN_NETWORK = "Docker's own (bridge), or a network, host, none, container:NAME";
const DETAILS = {
  alias: "Aliases", ip: "IPv4 address", ip6: "IPv6 address", mac: "MAC address", local: "Link-local addresses",
  link: "Links name:alias", options: "Driver options name=value", priority: "Gateway priority",
};

function Networks({ form, set, problems, admin }) {
  const barred = admin ? "" : `Disabled: ${NEEDS_ADMIN}`;
  return html`<${Rows} part="networks" label="Network" one="a network" rows=${form.networks} fresh=${NETWORK} set=${set} problem=${problems.networks}
    draw=${(row, change, at) => html`
      <${Cell} wide label=${at ? "Name of the network" : OWN_NETWORK} list="networks" value=${row.name}
        onInput=${(name) => change({ name })} />
      <${Details} row=${row} change=${change} barred=${barred} />`} />`;
}

function Details({ row, change, barred }) {
  const [open] = useState(() => Object.keys(DETAILS).some((key) => row[key]));
  return html`<details class="more" open=${open}><summary>Addresses and aliases</summary>
    <div class="cells">${Object.entries(DETAILS).map(([key, label]) => html`<${Cell} label=${label} value=${row[key]}
      disabled=${!row[key] && barred} onInput=${(value) => change({ [key]: value })} />`)}</div></details>`;
}
