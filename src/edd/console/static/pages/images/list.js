/** Images: what is on the host, what needs it, and what brings more. */

import { useEngine } from "../../engine.js";
import { count, plain, short, size } from "../../format.js";
import { may } from "../../host.js";
import { html, useState } from "../../html.js";
import { style } from "../../late.js";
import { note } from "../../notes.js";
import { whyNot } from "../../parts.js";
import { Ago, Badge, Empty, Loaded, Search, Table } from "../../ui.js";
import { called, remove } from "./acts.js";
import { Build } from "./build.js";
import { CleanUp, diskUse } from "./cleanup.js";
import { Import, Load, Pull } from "./forms.js";
import { keptBy, useKept } from "./kept.js";
import { Kept, Some } from "./marks.js";
import { dangles, nameOf, namesOf, pageOf, saveOf, usersOf } from "./names.js";
import { Works } from "./work.js";
import { useEndings } from "./works.js";

await Promise.all(["detail.css", "log.css", "images.css"].map(style));

const FORMS = { Pull, Build, Import, Load, "Clean up": CleanUp };

function Name({ image, kept, chosen, choose }) {
  const names = namesOf(image);
  return html`<div class="pick"><input type="checkbox" aria-label="Select ${called(image)}" checked=${chosen}
      onChange=${(event) => choose(image.Id, event.target.checked)} />
    <div>${names.length
      ? html`<${Some} things=${names}>${(name) => html`<a href=${pageOf(image.Id)}>${plain(name)}</a><br />`}<//>`
      : html`<a href=${pageOf(image.Id)}>No name</a> <${Badge} kind="warn">dangling<//>`}
      <div><${Kept} releases=${keptBy(image, kept)} /></div></div></div>`;
}

function Users({ users }) {
  if (!users.length) return "–";
  return html`<span><${Some} things=${users}>${(one) => html`<a href="/containers/${one.Id}">${plain(nameOf(one))}</a> `}<//></span>`;
}

/** Newest first, and the same ones always in the same order. */
function sorted(images) {
  return [...images].sort((one, other) => other.Created - one.Created || one.Id.localeCompare(other.Id));
}

function fits(image, sought) {
  return `${namesOf(image).join(" ")} ${image.Id}`.toLowerCase().includes(sought.toLowerCase());
}

function List({ images, containers, kept, sought, chosen, choose }) {
  if (!images.length) {
    return html`<${Empty} title="No image is here yet">Pull one from a registry, load an archive, build one, or
      push one to a <a href="/deployments">deployment</a>.<//>`;
  }
  const found = sorted(images).filter((image) => fits(image, sought));
  if (!found.length) return html`<${Empty} title="Nothing matches “${sought}”">Try a shorter word.<//>`;
  return html`<${Table} label="Images" heads=${["Image", "ID", "Size", "Created", "Used by"]}
    rows=${found.map((image) => ({
      key: image.Id,
      cells: [
        html`<${Name} image=${image} chosen=${chosen.has(image.Id)} ...${{ kept, choose }} />`,
        html`<code>${short(image.Id)}</code>`,
        size(image.Size),
        html`<${Ago} at=${new Date(image.Created * 1000).toISOString()} />`,
        html`<${Users} users=${usersOf(image, containers)} />`,
      ],
    }))} />`;
}

/** How many images there are, and how large they are: with each layer once if that is asked for. */
function Total({ images }) {
  const [once, setOnce] = useState("");
  const ask = async () => {
    setOnce("…");
    try {
      setOnce(`${size((await diskUse(["image"])).layers)} on the disk, layers that they share counted once`);
    } catch (problem) {
      setOnce("");
      note(plain(problem.message), "bad");
    }
  };
  const sum = images.reduce((total, { Size }) => total + Size, 0);
  return html`<p class="total soft">${count(images.length, "image")}, ${size(sum)} by their sizes.
    ${once ? html` <span role="status">${once}.</span>` : images.length > 1 && html` <button onClick=${ask}>Count shared layers once</button>`}</p>`;
}

function Chosen({ images, reads, why, refresh, clear, chooseAll }) {
  if (!images.length) return html`<button onClick=${chooseAll}>Choose all</button>`;
  const gone = (force) => remove(images, force, () => {
    clear();
    refresh();
  });
  return html`<span class="soft" role="status">${images.length} chosen</span>
    ${reads && html`<a class="button" href=${saveOf(images)} download="images.tar">Save</a>`}
    <button class="danger" disabled=${why} title=${why} onClick=${() => gone(false)}>Remove</button>
    <button class="danger" disabled=${why} title=${why} onClick=${() => gone(true)}>Remove by force</button>
    <button class="quiet" onClick=${clear}>Clear</button>`;
}

export default function Images({ host }) {
  const images = useEngine("/images/json", 5);
  const containers = useEngine("/containers/json?all=1", 5);
  const kept = useKept();
  const [sought, setSought] = useState("");
  const [form, setForm] = useState("");
  const [chosen, setChosen] = useState(new Set());
  const why = whyNot(host.data);
  const choose = (id, on) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  useEndings(images.refresh);
  const Form = FORMS[form];
  const ready = containers.data && kept ? images : { error: images.error || containers.error };
  const all = images.data || [];
  return html`<div class="title"><h1>Images</h1><div class="buttons">${Object.keys(FORMS).map(
      (name) => html`<button disabled=${why} title=${host.data && why} aria-expanded=${form === name ? "true" : "false"}
        onClick=${() => setForm(form === name ? "" : name)}>${name}</button>`,
    )}</div></div>
    ${Form && html`<${Form} key=${form} close=${() => setForm("")} refresh=${images.refresh} />`}
    <${Works} />
    <div class="bar"><${Search} label="Search images" value=${sought} onInput=${setSought} />
      <${Chosen} images=${all.filter(({ Id }) => chosen.has(Id))} ...${{ why }} reads=${may(host.data, "admin")} refresh=${images.refresh}
        clear=${() => setChosen(new Set())}
        chooseAll=${() => setChosen(new Set(all.filter((image) => fits(image, sought)).map(({ Id }) => Id)))} /></div>
    <${Loaded} live=${ready} rows=${8}>${(list) => html`<${List} images=${list} containers=${containers.data}
      ...${{ kept, sought, chosen, choose }} /><${Total} images=${list} />`}<//>`;
}
