/** Files from this computer into a folder of a container. */

import { ask } from "../ask.js";
import { count, plain, size } from "../format.js";
import { html, useEffect } from "../html.js";
import { note } from "../notes.js";
import { isName, ofText, shown } from "../paths.js";
import { Badge, Trouble } from "../ui.js";
import { takenOf } from "./taken.js";
import { forget, upload, useUpload } from "./uploads.js";

const MOST = 1000;

/**
 * Put `files` into `folder`; those that would replace something are asked about first.
 *
 * `listing` is the folder's, where it can be listed.
 */
export async function send(id, folder, files, listing, refresh) {
  if (!files.length) return;
  if (files.length > MOST) return note(`${files.length} files are too many: ${MOST} at a time, or pack them.`, "bad");
  const odd = files.find(({ name }) => !isName(ofText(name)));
  if (odd) return note(`Nothing can be called ${plain(odd.name)} there.`, "bad");
  try {
    const names = files.map(({ name }) => ofText(name));
    const taken = await takenOf(id, folder, names, listing);
    if (taken.length && !(await ask(replacing(folder, taken)))) return;
    const { problem } = await upload(id, folder, files, listing?.owner);
    if (!problem) {
      forget(id);
      const what = files.length === 1 ? `${plain(files[0].name)} is` : `${files.length} files are`;
      note(`${what} in ${shown(folder)}.`);
    }
  } catch (problem) {
    note(plain(problem.message), "bad");
  }
  refresh();
}

function replacing(folder, taken) {
  return {
    title: `Replace ${taken.length === 1 ? "a file" : count(taken.length, "file")} in ${shown(folder)}?`,
    loses: [...named(taken.map(shown)), "What they hold now is gone for good."],
    action: "Replace",
  };
}

/** Return what is said of some names: the first ten, and how many more there are. */
export function named(names) {
  const rest = names.length - 10;
  return [...names.slice(0, 10).map(plain), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

/** Return the files of a drop, or null where it has a folder, which no browser reads as a file. */
function filesOf({ items, files }) {
  const folders = [...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory);
  return folders ? null : [...files];
}

/** Files that are dropped anywhere on the page are given to `take`. */
export function useDrop(take) {
  useEffect(() => {
    if (!take) return undefined;
    const over = (event) => {
      document.body.classList.toggle("over", event.type === "dragover");
      if (event.type !== "drop") return;
      const files = filesOf(event.dataTransfer);
      if (files) take(files);
      else note("Folders are not taken: pack it, and unpack it there.", "bad");
    };
    const kinds = ["dragover", "dragleave", "drop"];
    kinds.forEach((kind) => addEventListener(kind, over));
    return () => kinds.forEach((kind) => removeEventListener(kind, over));
  }, [take]);
}

/** A button that opens the browser's choice of files. */
export function Chooser({ take }) {
  return html`<label class="button primary">Upload files
    <input class="visually-hidden" type="file" multiple onChange=${(event) => {
      take([...event.target.files]);
      event.target.value = "";
    }} /></label>`;
}

/** How the newest upload into the container goes. */
export function UploadPanel({ id }) {
  const one = useUpload(id);
  if (!one) return null;
  const { files, folder, sent, total, ended, problem, cancel } = one;
  const [kind, word] = !ended ? ["busy", "under way"] : problem ? ["bad", "failed"] : ["ok", "done"];
  const what = files.length === 1 ? plain(files[0].name) : count(files.length, "file");
  return html`<section class="card" aria-label="Upload" data-state=${word}>
    <div class="title"><h2>${what} to ${shown(folder)}</h2><${Badge} kind=${kind}>${word}<//>
      <div class="buttons">${ended ? html`<button class="quiet" onClick=${() => forget(id)}>Close</button>`
        : html`<button class="quiet" onClick=${cancel}>Cancel</button>`}</div></div>
    <p><progress aria-label="Sent" max=${total} value=${sent}></progress>
      <span class="soft">${size(sent)} of ${size(total)} sent</span></p>
    <div role="status">${problem && html`<${Trouble} error=${problem} />`}</div></section>`;
}
