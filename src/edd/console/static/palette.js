/** Go to anything by typing some of its letters. */

import { get } from "./api.js";
import { html, render, useEffect, useRef, useState } from "./html.js";
import { go } from "./router.js";

const PAGES = [
  ["Overview", "/"],
  ["Deployments", "/deployments"],
  ["Containers", "/containers"],
  ["Container: make one", "/containers/new"],
  ["Images", "/images"],
  ["Networks", "/networks"],
  ["Network: make one", "/networks/new"],
  ["Volumes", "/volumes"],
  ["Volume: make one", "/volumes/new"],
  ["Events", "/events"],
  ["Jobs", "/jobs"],
  ["Audit", "/audit"],
  ["Sessions", "/sessions"],
  ["Settings", "/settings"],
].map(([name, path]) => ({ name, kind: "page", run: () => go(path) }));

const THEME = { name: "Change the theme", kind: "setting", run: () => document.getElementById("theme").click() };
const MOST = 12;
let open = false;

/** Show the palette. */
export function openPalette() {
  if (open) return;
  open = true;
  const place = document.createElement("div");
  document.querySelector(".shell").append(place);
  const close = () => {
    open = false;
    render(null, place);
    place.remove();
  };
  render(html`<${Palette} close=${close} />`, place);
}

function ofDeployment({ name }) {
  const page = (words, tab) => ({ name: `${name}${words}`, kind: "deployment", run: () => go(`/deployments/${name}${tab}`) });
  return [page("", ""), page(": log", "/logs"), page(": push", "/push"), page(": jobs", "/jobs")];
}

/** How well `words` fit the letters of `name` in their order; -1 when they do not, 0 is best. */
function distance(name, words) {
  let at = -1;
  let gaps = 0;
  for (const letter of words.toLowerCase().replaceAll(" ", "")) {
    const next = name.toLowerCase().indexOf(letter, at + 1);
    if (next < 0) return -1;
    gaps += next - at - 1;
    at = next;
  }
  return gaps;
}

function sought(all, words) {
  return all
    .map((one) => ({ ...one, far: distance(one.name, words) }))
    .filter(({ far }) => far >= 0)
    .sort((one, other) => one.far - other.far)
    .slice(0, MOST);
}

function Palette({ close }) {
  const dialog = useRef(null);
  const [names, setNames] = useState([]);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => {
    dialog.current.showModal();
    get("/v1/deployments").then((all) => setNames(all.flatMap(ofDeployment)), () => {});
  }, []);
  const found = sought([...PAGES, ...names, THEME], words);
  useEffect(() => document.getElementById(`choice-${at}`)?.scrollIntoView({ block: "nearest" }), [at]);
  const choose = (one) => {
    dialog.current.close();
    one?.run();
  };
  const pressed = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + found.length) % (found.length || 1));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  };
  return html`<dialog class="goto" ref=${dialog} aria-label="Go to" onClose=${close}
      onClick=${(event) => event.target === dialog.current && dialog.current.close()}>
    <input autofocus role="combobox" aria-expanded="true" aria-controls="choices" aria-label="Go to"
      aria-activedescendant=${found[at] ? `choice-${at}` : null} placeholder="Go to …" value=${words}
      onInput=${(event) => { setWords(event.target.value); setAt(0); }} onKeyDown=${pressed} />
    <div role="listbox" id="choices" aria-label="Choices">${found.map(
      (one, index) => html`<div role="option" id="choice-${index}" aria-selected=${index === at ? "true" : "false"}
        onClick=${() => choose(one)}>${one.name}<span class="kind">${one.kind}</span></div>`,
    )}</div>
    <p>${found.length ? "Enter opens, Esc closes, / searches a page" : "Nothing has these letters."}</p>
  </dialog>`;
}
