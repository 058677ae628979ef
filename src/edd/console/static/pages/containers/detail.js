/** One container: how it is, what can be done with it, and its tabs. */

import { useEngine } from "../../engine.js";
import { plain } from "../../format.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { style } from "../../late.js";
import { useLive } from "../../live.js";
import { Trouble, Waiting } from "../../ui.js";
import { Buttons } from "./buttons.js";
import { ownerOf, pageOf } from "./facts.js";
import { StateOf } from "./states.js";

await style("containers.css");

/**
 * An address below the container's own, a title, and the module in `tabs/` that is loaded when it is
 * first looked at. Its default export gets `{ id, container, host, refresh }`: the container's name
 * or id as the address has it, what the engine says of it (`GET /containers/ID/json`), what the
 * host says of itself and of the caller (`useHost`), and a function that asks for both anew.
 */
const TABS = [
  ["", "Info", "info"],
  ["logs", "Log", "logs"],
  ["terminal", "Terminal", "terminal"],
  ["files", "Files", "files"],
  ["stats", "Stats", "stats"],
  ["processes", "Processes", "processes"],
  ["changes", "Changes", "changes"],
  ["networks", "Networks", "networks"],
  ["resources", "Resources", "resources"],
  ["attach", "Attach", "attach"],
  ["inspect", "Inspect", "inspect"],
];

/** A tab, once its module is here. */
function Tab({ module, ...rest }) {
  const [Content, setContent] = useState(null);
  useEffect(() => {
    import(`./tabs/${module}.js`).then(
      (loaded) => setContent(() => loaded.default),
      () => globalThis.loadAgain(),
    );
  }, []);
  return Content ? html`<${Content} ...${rest} />` : html`<${Waiting} rows=${6} />`;
}

function Tabs({ id, name, tab }) {
  const row = useRef(null);
  useEffect(() => {
    const [box, one] = [row.current, row.current.querySelector("[aria-current]")];
    if (one) box.scrollLeft = one.offsetLeft - (box.clientWidth - one.offsetWidth) / 2;
  }, [tab]);
  return html`<div class="tabs" role="navigation" aria-label="Parts of ${name}" ref=${row}>${TABS.map(
    ([path, title]) => html`<a href=${pageOf(id) + (path && `/${path}`)}
      aria-current=${path === tab ? "page" : null}>${title}</a>`,
  )}</div>`;
}

/** The engine tells mounts in another order each time it is asked. */
function sorted(container) {
  container?.Mounts?.sort((one, other) => one.Destination.localeCompare(other.Destination));
  return container;
}

/** What the container is made of, and whose it is: one line, which is there before the answer. */
function Origin({ container, owner }) {
  return html`<p class="soft origin">${container
    ? html`<a href="/images/${container.Image.replace("sha256:", "")}">${plain(container.Config.Image)}</a>`
    : "…"}${owner && html`, of deployment <a href="/deployments/${owner}">${owner}</a>`}</p>`;
}

function Owned({ owner }) {
  return html`<p class="card">The deployment <a href="/deployments/${owner}">${owner}</a> made this container, and its page is
    the place to change it. What is changed here by hand is gone with the next delivery.</p>`;
}

export default function Container({ parts: [id, tab], host }) {
  const live = useEngine(`/containers/${encodeURIComponent(id)}/json`, 3);
  const deployments = useLive("/v1/deployments", 5);
  const [problem, setProblem] = useState(null);
  // Whose it is stands above the tabs: they wait for it, so that nothing moves.
  const container = (deployments.data || deployments.error) && sorted(live.data);
  const name = container ? container.Name.slice(1) : id;
  const owner = container ? ownerOf(name, container.Config.Labels, deployments.data) : "";
  const meant = TABS.find(([path]) => path === tab);
  return html`<div class="title"><h1>${name}</h1>${container && html`<${StateOf} state=${container.State} />`}</div>
    <${Origin} container=${container} owner=${owner} />
    <${Buttons} ...${{ id, name, container, owner, host }} refresh=${live.refresh} told=${setProblem} />
    ${problem && html`<${Trouble} error=${problem}><div class="buttons"><button onClick=${() => setProblem(null)}>Close</button></div><//>`}
    ${live.error && html`<${Trouble} error=${live.error}><p><a href="/containers">All containers</a></p><//>`}
    <${Tabs} ...${{ id, name, tab }} />
    <section>${!tab && owner && html`<${Owned} owner=${owner} />`}${!meant
      ? html`<${Trouble} error=${{ message: "A container has no such part." }} />`
      : container
        ? html`<${Tab} key=${meant[2]} module=${meant[2]} id=${id} container=${container} host=${host}
            refresh=${live.refresh} />`
        : !live.error && html`<${Waiting} rows=${6} />`}</section>`;
}
