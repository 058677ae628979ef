/** One path of a container: what the engine says of it, and its way to this computer. */

import { plain, size } from "../format.js";
import { html, render, useEffect, useRef, useState } from "../html.js";
import { style } from "../late.js";
import { note } from "../notes.js";
import { divided, shown, toText } from "../paths.js";
import { Ago, Facts, Trouble, Waiting } from "../ui.js";
import { archiveOf, contentOf, MOST_WHOLE, statOf } from "./archives.js";

/** Return what a file is called here: as there, without what could hide or lead elsewhere. */
function nameHere(path) {
  return shown(divided(path)[1]).replace(/[\\/:*?"<>|]/g, "_") || "root";
}

/** Engine 20.10 leaves such a file out and says nothing; 28.5 packs it. */
const NAMELESS = "Its name is not UTF-8, and older engines pack no such file: rename it first.";

function isText(path) {
  return toText(divided(path)[1]) !== null;
}

/** Bring a file here as itself, or, where it is large or no file, in an archive. */
export async function download(id, path, { kind, size: length }) {
  if (kind === "file" && length <= MOST_WHOLE) {
    try {
      const blob = await contentOf(id, path);
      if (blob) return save(URL.createObjectURL(blob), nameHere(path));
      if (!isText(path)) return note(`${shown(path)} did not come. ${NAMELESS}`, "bad");
    } catch (problem) {
      return note(`${shown(path)}: ${plain(problem.message)}`, "bad");
    }
  }
  return save(archiveOf(id, path), `${nameHere(path)}.tar`);
}

function save(address, name) {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  if (address.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** What the engine says of a path. */
export function Details({ id, path, found, children }) {
  const pairs = [
    ["Path", html`<code>${shown(path)}</code>`],
    ["What", found.kind],
    ["Size", found.kind === "file" ? `${size(found.size)} (${found.size.toLocaleString("en")} B)` : ""],
    ["Mode", html`<code>${found.mode}</code>`],
    ["Modified", html`<${Ago} at=${found.mtime} /> (${found.mtime.slice(0, 19).replace("T", " ")} UTC)`],
    ["Leads to", found.target && html`<code>${plain(found.target)}</code>`],
  ];
  return html`<${Facts} pairs=${pairs} />
    ${!isText(path) && html`<p class="said">${NAMELESS}</p>`}
    <div class="buttons">${found.kind === "file" && html`<button onClick=${() => download(id, path, found)}>Download</button>`}
      <a class="button" href=${archiveOf(id, path)} download="${nameHere(path)}.tar">Download as tar</a>${children}</div>`;
}

/** Show the details of a path in a dialog. */
export async function showDetails(id, path) {
  await style("overlay.css");
  const place = document.createElement("div");
  document.querySelector(".shell").append(place);
  const close = () => {
    render(null, place);
    place.remove();
  };
  render(html`<${Shown} ...${{ id, path, close }} />`, place);
}

function Shown({ id, path, close }) {
  const dialog = useRef(null);
  const [state, setState] = useState({});
  useEffect(() => {
    dialog.current.showModal();
    statOf(id, path).then((found) => setState({ found, gone: !found }), (problem) => setState({ problem }));
  }, []);
  const button = html`<button autofocus onClick=${() => dialog.current.close()}>Close</button>`;
  return html`<dialog ref=${dialog} aria-label="Details of ${shown(path)}" onClose=${close}>
    <h2>${shown(divided(path)[1])}</h2>
    ${state.found ? html`<${Details} ...${{ id, path, found: state.found }}>${button}<//>`
      : html`${state.gone ? html`<${Trouble} error=${{ message: "There is nothing at this path any more." }} />`
          : state.problem ? html`<${Trouble} error=${state.problem} />` : html`<${Waiting} rows=${3} />`}
        <div class="buttons">${button}</div>`}
  </dialog>`;
}
