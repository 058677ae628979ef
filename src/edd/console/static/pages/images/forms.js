/** Forms that bring images to the host: pull, import, load. */

import { plain, short } from "../../format.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Trouble } from "../../ui.js";
import { mayLoad } from "./acts.js";
import { pageOf, parted, registryAuth } from "./names.js";
import { begin, busy } from "./works.js";

const STATUS = /^Status: (.*)$/gm;
const LOADED = /^Loaded image(?: ID)?: (.*)$/gm;

/** A form in a card: `send` gets what was filled in and throws what is wrong with it. */
export function Sheet({ title, action, close, send, children }) {
  const [problem, setProblem] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    try {
      if (busy()) throw new Error("Much is under way already: wait until some of it has ended.");
      send(Object.fromEntries(new FormData(event.target)));
      close();
    } catch (error) {
      setProblem(error);
    }
  };
  const form = useRef(null);
  useEffect(() => form.current.querySelector("input, select").focus(), []);
  return html`<section class="card sheet"><form ref=${form} aria-label=${title} onSubmit=${submit}>
    <h2>${title}</h2>${children}
    ${problem && html`<${Trouble} error=${problem} />`}
    <div class="buttons"><button type="button" onClick=${close}>Cancel</button>
      <button class="primary">${action}</button></div></form></section>`;
}

/** A field of a form with its name above it; `hint` stands below. */
export function Field({ label, hint, ...input }) {
  return html`<label class="field"><span>${label}</span>
    <input autocomplete="off" spellcheck=${false} ...${input} />${hint && html`<small>${hint}</small>`}</label>`;
}

/** Which of some sources something comes from. */
export function Source({ sources, source, setSource }) {
  return html`<label class="field"><span>From</span><select onChange=${(event) => setSource(event.target.value)}>
    ${Object.entries(sources).map(([key, words]) => html`<option value=${key} selected=${key === source}>${words}</option>`)}
  </select></label>`;
}

/** A name and password for a registry. They go along with one request and are kept nowhere. */
export function Credentials() {
  return html`<details><summary>The registry asks for a password</summary><div class="fields">
    <${Field} label="User" name="user" />
    <${Field} label="Password or token" name="password" type="password" autocomplete="new-password"
      hint="It goes to the host for this once and is kept nowhere." /></div></details>`;
}

function last(text, rule) {
  return [...text.matchAll(rule)].at(-1)?.[1];
}

/** Bring an image from a registry. */
export function Pull({ close }) {
  const send = (told) => {
    const { repository, tag, digest } = parted(told.image);
    // Without a tag the engine would bring all of them.
    const query = new URLSearchParams({ fromImage: repository, tag: digest || tag || "latest" });
    begin({
      what: `Pull of ${told.image.trim()}`,
      path: `/images/create?${query}`,
      headers: told.user ? registryAuth(repository, told) : {},
      ending: ({ text }) => ({ said: last(text, STATUS) || "The image is here." }),
    });
  };
  return html`<${Sheet} title="Pull an image" action="Pull" close=${close} send=${send}>
    <${Field} label="Image" name="image" required placeholder="registry.example.org/team/app:1.2"
      hint="Without a tag it is latest; a digest (@sha256:…) names exactly one." />
    <${Credentials} />
  <//>`;
}

/** Make an image of a file system's archive. */
export function Import({ close }) {
  const [source, setSource] = useState("file");
  const send = (told) => {
    const { repository, tag } = parted(told.repository);
    if (tag) throw new Error("The repository has a tag: it has a field of its own.");
    const query = new URLSearchParams({ fromSrc: source === "file" ? "-" : told.address.trim(), repo: repository, tag: told.tag.trim() });
    begin({
      what: `Import of ${repository}:${told.tag.trim()}`,
      path: `/images/create?${query}`,
      file: source === "file" ? told.file : undefined,
      ending: ({ text }) => {
        const id = text.match(/sha256:[0-9a-f]{64}/)?.[0];
        return { said: `It is image ${short(id || "")} now.`, href: id && pageOf(id) };
      },
    });
  };
  return html`<${Sheet} title="Import a file system" action="Import" close=${close} send=${send}>
    <p class="soft">A tar of a root file system becomes an image of one layer. What <code>docker save</code> wrote is loaded instead.</p>
    <div class="fields">
      <${Source} sources=${{ file: "this computer", address: "an address" }} ...${{ source, setSource }} />
      ${source === "file"
        ? html`<${Field} key="file" label="Tar file" name="file" type="file" required />`
        : html`<${Field} key="address" label="Address" name="address" type="url" required placeholder="https://example.org/rootfs.tar.gz" hint="The host fetches it." />`}
      <${Field} label="Repository" name="repository" required placeholder="base" />
      <${Field} label="Tag" name="tag" required defaultValue="latest" />
    </div><//>`;
}

async function load(file) {
  if (!(await mayLoad(file))) return;
  await begin({
    what: `Load of ${file.name}`,
    path: "/images/load?quiet=0",
    file,
    ending: ({ text }) => ({ said: loaded(text) }),
  });
}

/** Load an archive of whole images. */
export function Load({ close }) {
  const send = ({ file }) => load(file).catch((problem) => note(plain(problem.message), "bad"));
  return html`<${Sheet} title="Load an archive" action="Load" close=${close} send=${send}>
    <p class="soft">What <code>docker save</code> wrote, plain or packed. It brings its own tags: those that are here already
      move to what it brings. To deliver to a deployment, push it there.</p>
    <${Field} label="Archive" name="file" type="file" required accept=".tar,.gz,.tgz,.zst,.bz2,.xz" />
  <//>`;
}

function loaded(text) {
  const names = [...text.matchAll(LOADED)].map(([, name]) => name);
  return names.length ? `Loaded: ${names.join(", ")}` : "The archive was loaded.";
}
