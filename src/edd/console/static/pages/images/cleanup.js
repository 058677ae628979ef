/** Clean up: images that nothing needs and what builds left, with what they take up first. */

import { ask } from "../../ask.js";
import { tell } from "../../engine.js";
import { count, plain, size } from "../../format.js";
import { html, useEffect, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Trouble, Waiting } from "../../ui.js";
import { called } from "./acts.js";
import { keptBy, keptReleases } from "./kept.js";
import { dangles, pathOf, tagsOf, usersOf } from "./names.js";

const SOME = 12;

/** Return what the engine's disk holds: `layers` is the size of all images, each layer once. */
export async function diskUse(types) {
  const query = new URLSearchParams([...types.map((type) => ["type", type]), ["verbose", "1"]]);
  const told = await tell("GET", `/system/df?${query}`);
  return {
    layers: told.LayersSize ?? told.ImageUsage?.TotalSize ?? 0,
    images: told.Images ?? told.ImageUsage?.Items ?? [],
    cache: told.BuildCache ?? told.BuildCacheUsage?.Items ?? [],
  };
}

/** Bytes that only this image has, as far as that is known. */
function own({ Size, SharedSize }) {
  return Math.max(0, Size - Math.max(0, SharedSize));
}

function sum(things, bytes) {
  return things.reduce((total, thing) => total + bytes(thing), 0);
}

/** Return those of `images` that no container uses: `dangling`, other `unused` ones, and what rollbacks need. */
async function sorted(images) {
  const containers = await tell("GET", "/containers/json?all=1");
  const kept = await keptReleases();
  const unused = images.filter((image) => !usersOf(image, containers).length);
  const named = unused.filter((image) => !dangles(image));
  return {
    dangling: unused.filter(dangles),
    unused: named.filter((image) => !keptBy(image, kept).length),
    spared: named.filter((image) => keptBy(image, kept).length),
  };
}

async function survey() {
  const { images, cache } = await diskUse(["image", "build-cache"]);
  return { ...(await sorted(images)), cache: cache.filter(({ InUse }) => !InUse) };
}

/** Ask the engine to prune; return the bytes it freed. */
async function prune(path) {
  return (await tell("POST", path)).SpaceReclaimed || 0;
}

/** Remove those of `images` that are still unused, by the tags that they have now. */
async function removeUnused(images) {
  const { unused } = await sorted(await tell("GET", "/images/json"));
  let freed = 0;
  for (const image of images) {
    const now = unused.find(({ Id }) => Id === image.Id);
    if (!now) continue;
    for (const name of tagsOf(now).length ? tagsOf(now) : [now.Id]) await tell("DELETE", pathOf(name));
    freed += own(image);
  }
  return freed;
}

/** Perform what was chosen, one after another; what had gone before a problem is gone. */
async function clean(found, chosen) {
  let freed = 0;
  if (chosen.unused) freed += await removeUnused(found.unused);
  if (chosen.dangling) freed += await prune(`/images/prune?${new URLSearchParams({ filters: '{"dangling":["true"]}' })}`);
  if (chosen.cache) freed += await prune("/build/prune?all=1");
  return freed;
}

function Choice({ name, title, things, bytes, chosen, choose, children }) {
  return html`<label class="choice"><input type="checkbox" checked=${chosen[name]} disabled=${!things.length}
      onChange=${(event) => choose({ ...chosen, [name]: event.target.checked })} />
    <span><strong>${title}</strong><br />
      <span class="soft">${things.length ? `${things.length}, ${size(sum(things, bytes))}` : "none"}</span>${children}</span></label>`;
}

function names(images) {
  const more = images.length - SOME;
  return html`<br /><span class="soft">${images.slice(0, SOME).map(called).join(", ")}${more > 0 && ` and ${more} more`}</span>`;
}

function spared(number) {
  return number > 1 ? `${number} images of kept releases stay: rollbacks need them.` : "1 image of a kept release stays: a rollback needs it.";
}

function Found({ found, close, refresh }) {
  const [chosen, choose] = useState({ dangling: false, unused: false, cache: false });
  const [busy, setBusy] = useState(false);
  const sentences = () => [
    chosen.dangling && `${count(found.dangling.length, "image")} without a name.`,
    chosen.unused && `${found.unused.map(called).slice(0, SOME).join(", ")}${found.unused.length > SOME ? ` and ${found.unused.length - SOME} more` : ""}: only a pull, a load or a build brings them back.`,
    chosen.cache && "What builds kept: the next ones take longer.",
  ].filter(Boolean);
  const go = async () => {
    if (!(await ask({ title: "Clean up images?", loses: sentences(), action: "Clean up", typed: "images" }))) return;
    setBusy(true);
    try {
      note(`${size(await clean(found, chosen))} freed.`);
    } catch (problem) {
      note(`Not all went: ${plain(problem.message)}`, "bad");
    }
    refresh();
    close();
  };
  const wanted = Object.values(chosen).some(Boolean);
  return html`<fieldset disabled=${busy}><legend class="visually-hidden">What to clean up</legend>
      <${Choice} name="dangling" title="Images without a name" things=${found.dangling} bytes=${own} ...${{ chosen, choose }} />
      <${Choice} name="unused" title="Images that no container uses" things=${found.unused} bytes=${own} ...${{ chosen, choose }}>
        ${found.unused.length > 0 && names(found.unused)}<//>
      <${Choice} name="cache" title="What builds kept" things=${found.cache} bytes=${({ Size }) => Size} ...${{ chosen, choose }} /></fieldset>
    ${found.spared.length > 0 && html`<p class="soft">${spared(found.spared.length)}</p>`}
    <div class="buttons"><button onClick=${close}>Cancel</button>
      <button class="danger" disabled=${!wanted || busy} onClick=${go}>${busy ? "…" : "Clean up"}</button></div>`;
}

export function CleanUp({ close, refresh }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    survey().then(setFound, setProblem);
  }, []);
  return html`<section class="card sheet" aria-label="Clean up"><h2>Clean up</h2>
    ${problem ? html`<${Trouble} error=${problem} />`
      : found ? html`<${Found} ...${{ found, close, refresh }} />`
      : html`<p class="soft">Docker counts; that takes a while on a large disk.</p><${Waiting} rows=${3} />`}</section>`;
}
