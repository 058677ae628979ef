/** One container: how it is, what can be done with it, and its tabs. */

import { useEngine } from "../../engine.js";
import { plain } from "../../format.js";
import { html, useEffect, useState } from "../../html.js";
import { style } from "../../late.js";
import { Trouble, Waiting } from "../../ui.js";
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
  ["inspect", "Inspect", "inspect"],
];

/** The address of a container's page. */
export const pageOf = (id) => `/containers/${encodeURIComponent(id)}`;

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

function Tabs({ id, tab }) {
  return html`<div class="tabs" role="navigation" aria-label="Parts of ${id}">${TABS.map(
    ([path, title]) => html`<a href=${pageOf(id) + (path && `/${path}`)}
      aria-current=${path === tab ? "page" : null}>${title}</a>`,
  )}</div>`;
}

export default function Container({ parts: [id, tab], host }) {
  const live = useEngine(`/containers/${encodeURIComponent(id)}/json`, 3);
  const container = live.data;
  const meant = TABS.find(([path]) => path === tab);
  return html`<div class="title"><h1>${id}</h1>
      ${container && html`<${StateOf} state=${container.State} />`}</div>
    <p class="soft">${container ? plain(container.Config.Image) : "…"}</p>
    ${live.error && html`<${Trouble} error=${live.error} />`}
    <${Tabs} id=${id} tab=${tab} />
    <section>${!meant
      ? html`<${Trouble} error=${{ message: "A container has no such part." }} />`
      : container
        ? html`<${Tab} key=${meant[2]} module=${meant[2]} id=${id} container=${container} host=${host}
            refresh=${live.refresh} />`
        : !live.error && html`<${Waiting} rows=${6} />`}</section>`;
}
