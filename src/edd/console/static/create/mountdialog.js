/** The dialog of one mount. */

import { plain } from "../format.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { style } from "../late.js";
import { described, NOTHING, PROPAGATIONS, rowOfMount } from "./mountform.js";
import { NEEDS_ADMIN } from "./problems.js";

const TYPES = { bind: "A folder or file of the host", volume: "A volume", image: "The files of an image", tmpfs: "Memory, gone when it stops (tmpfs)" };
const USUAL = "as Docker has it (rprivate)";
const SOURCES = { bind: "Folder or file of the host", volume: "Volume, existing or new; empty for one of its own", image: "Image" };

/** Ask for a mount; `done(row)` is told the row it makes, or nothing. */
export function MountDialog({ row, admin, known, done }) {
  const dialog = useRef(null);
  const [mount, setMount] = useState(() => beginning(row, admin));
  const [problem, setProblem] = useState("");
  useEffect(() => void style("overlay.css").then(() => dialog.current?.showModal()), []);
  const change = (more) => setMount({ ...mount, ...more });
  // Closed before it goes, so that the keyboard is where it was.
  const end = (made) => {
    dialog.current.close();
    done(made);
  };
  const take = (event) => {
    event.preventDefault();
    event.stopPropagation();
    try {
      end(rowOfMount(mount));
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`<dialog ref=${dialog} aria-labelledby="mount-title" class="mounting" onClose=${() => done(null)}>
    <h2 id="mount-title">${row ? "Change a mount" : "Add a mount"}</h2>
    <div class="fields" onKeyDown=${(event) => event.key === "Enter" && event.target.tagName === "INPUT" && take(event)}>
      <label>Type<select value=${mount.type} onChange=${(event) => change({ type: event.target.value, short: event.target.value !== "image" })}>
        ${Object.entries(TYPES).map(([type, words]) => html`<option value=${type} selected=${type === mount.type}
          disabled=${!admin && ["bind", "image"].includes(type)}>${words}</option>`)}</select></label>
      ${mount.type !== "tmpfs" && html`<${Words} label=${SOURCES[mount.type]} list="sources" value=${mount.source}
        set=${(source) => change({ source })} barred=${!admin && !mount.source && NEEDS_ADMIN} />`}
      <${Words} label="Where it appears in the container" value=${mount.target} set=${(target) => change({ target })} />
      <${Details} mount=${mount} change=${change} admin=${admin} />
      <datalist id="sources">${(known[`${mount.type}s`] || []).map((name) => html`<option value=${name} />`)}</datalist>
      ${problem && html`<p class="wrong" role="alert">${plain(problem)}</p>`}
    </div>
    <div class="buttons"><button type="button" onClick=${() => end(null)}>Cancel</button>
      <button type="button" class="primary" onClick=${take}>${row ? "Change" : "Add"}</button></div>
  </dialog>`;
}

function beginning(row, admin) {
  if (!row) return { ...NOTHING, type: admin ? "bind" : "tmpfs" };
  try {
    return described(row);
  } catch {
    return { ...NOTHING, target: row.value };
  }
}

function Details({ mount, change, admin }) {
  const { type } = mount;
  const barred = !admin && NEEDS_ADMIN;
  return html`
    ${type === "bind" && html`<${Tick} label="Create the folder if it is missing" on=${mount.short} set=${(short) => change({ short })} />
      <label>Mounts below it are seen on both sides
        <select value=${mount.propagation} onChange=${(event) => change({ propagation: event.target.value })}>
        ${["", ...PROPAGATIONS].map((one) => html`<option value=${one} selected=${one === mount.propagation}>${one || USUAL}</option>`)}</select></label>`}
    ${type === "volume" && html`<${Tick} label="Copy nothing from the image into it" on=${mount.nocopy} set=${(nocopy) => change({ nocopy })} barred=${barred} />
      <${Words} label="Driver of a new volume" value=${mount.driver} set=${(driver) => change({ driver, short: false })} barred=${barred} />`}
    ${(type === "image" || type === "volume") && html`<${Words} label="Only this folder of it" value=${mount.subpath}
      set=${(subpath) => change({ subpath, short: false })} barred=${barred} />`}
    ${type === "tmpfs" && html`<${Words} label="Size, such as 64m" value=${mount.size} set=${(size) => change({ size })} />
      <${Words} label="Mode, such as 1777 or rwxr-xr-x" value=${mount.mode} set=${(mode) => change({ mode })} />`}
    ${(type === "bind" || type === "volume") && html`<${Tick} label="Read only" on=${mount.readonly}
      set=${(readonly) => change({ readonly })} barred=${barred} />`}
    <${Words} label=${mount.short ? "Other options, such as noexec" : "Other options, as --mount takes them"} value=${mount.options}
      set=${(options) => change({ options })} barred=${type === "volume" && barred} />`;
}

function Words({ label, value, set, list, barred }) {
  return html`<label>${label}<input value=${value} list=${list} spellcheck=${false} autocomplete="off" disabled=${Boolean(barred)}
    title=${barred ? `Disabled: ${barred}` : null} onInput=${(event) => set(event.target.value)} /></label>`;
}

function Tick({ label, on, set, barred }) {
  return html`<label class="check" title=${barred ? `Disabled: ${barred}` : null}><input type="checkbox" checked=${on} disabled=${Boolean(barred) && !on}
    onChange=${(event) => set(event.target.checked)} />${label}</label>`;
}
