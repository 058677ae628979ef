/** Containers: all of them, as they are now. */

import { useEngine } from "../../engine.js";
import { plain } from "../../format.js";
import { html } from "../../html.js";
import { Empty, Loaded, Table } from "../../ui.js";

export default function Containers() {
  const live = useEngine("/containers/json?all=1", 3);
  return html`<div class="title"><h1>Containers</h1></div>
    <section><${Loaded} live=${live}>${(all) =>
      all.length
        ? html`<${Table} label="Containers" heads=${["Name", "State"]} rows=${all.map(({ Id, Names, State }) => ({
            key: Id,
            cells: [
              html`<a href="/containers/${Names[0].slice(1)}">${Names[0].slice(1)}</a>`,
              plain(State),
            ],
          }))} />`
        : html`<${Empty} title="No container yet">Deliver to a deployment, or create a container.<//>`}<//></section>`;
}
