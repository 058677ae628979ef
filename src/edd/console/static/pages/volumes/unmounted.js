/** A volume that no container mounts: the way to its files all the same. */

import { useEngine } from "../../engine.js";
import { Choice } from "../../fields.js";
import { plain } from "../../format.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Act } from "../../parts.js";
import { Empty, Trouble } from "../../ui.js";
import { download, takeBack } from "./loan.js";

const MOST_IMAGES = 300;

/** Names of images by which a container can be made, smallest first. */
function choices(images) {
  return [...images]
    .sort((one, other) => one.Size - other.Size)
    .flatMap(({ Id, RepoTags }) => {
      const tags = (RepoTags ?? []).filter((tag) => tag !== "<none>:<none>");
      return tags.length ? tags.map((tag) => [tag, plain(tag)]) : [[Id, Id.slice(0, 19)]];
    })
    .slice(0, MOST_IMAGES);
}

function Going({ loan }) {
  if (loan?.problem) return html`<${Trouble} error=${loan.problem} />`;
  return html`<p role="status" class="soft">${loan?.words || (loan?.done && "The files were read, and the container was removed again.")}</p>`;
}

/** Download by way of a container that is made for it. */
export function Unmounted({ name, loan, why }) {
  const images = useEngine(why ? "" : "/images/json", 15);
  const [chosen, setChosen] = useState("");
  if (why) return html`<${Empty} title="No container mounts it">It can be read once one does.<//>`;
  const all = choices(images.data ?? []);
  const image = chosen || all[0]?.[0] || "";
  return html`<div class="card"><p><strong>No container mounts it.</strong> To read its files a container is made from an
      image of this host. It never runs, and is removed again.</p>
    <div class="fields borrow"><${Choice} id="image" label="Image" value=${image} set=${setChosen} choices=${all} />
      <${Act} primary busy=${loan?.words} why=${image ? "" : "There is no image on this host"}
        onClick=${() => download(name, image)}>Download as tar<//></div>
    <${Going} loan=${loan} /></div>`;
}

/** Containers that were made to read a volume and are still there. */
export function LeftOver({ all, why, refresh }) {
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    const answers = await Promise.allSettled(all.map(({ id }) => takeBack(id)));
    const gone = answers.filter(({ value }) => value?.ok).length;
    note(`${gone} of ${all.length} removed.`, gone === all.length ? "ok" : "bad");
    setBusy(false);
    refresh();
  };
  return html`<section><div class="trouble" role="alert"><strong>A download left a container over</strong>
    <p>${plain(all.map(({ name }) => name).join(", "))} was made by a console to read this volume and is still there: another
      page downloads now, or was closed before the end.</p>
    <div class="buttons"><${Act} why=${why} busy=${busy} onClick=${remove}>Remove it<//></div></div></section>`;
}
