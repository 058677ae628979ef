/** Removal of all containers that do not run. */

import { get } from "../../api.js";
import { ask } from "../../ask.js";
import { tell } from "../../engine.js";
import { count, size } from "../../format.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { whyNot } from "./acts.js";
import { listed, nameOf } from "./facts.js";

const filters = (what) => encodeURIComponent(JSON.stringify(what));
// A stopped deployment of ED is meant to be started again.
const SPARED = { "label!": ["edd.deployment"] };
const STOPPED = { status: ["created", "exited", "dead"] };

/** Return the names of what would go. */
async function stopped() {
  const all = await get(`/docker/containers/json?all=1&filters=${filters(STOPPED)}`);
  return all.filter(({ Labels }) => !Labels?.["edd.deployment"]).map(nameOf);
}

/** Ask until nothing would go that was not named; return whether to go on. */
async function agreed(host) {
  for (let named = []; ; ) {
    const names = await stopped();
    if (!names.length) {
      note("No container is stopped, but for those of deployments.");
      return false;
    }
    if (named.length && names.every((name) => named.includes(name))) return true;
    const yes = await ask({
      title: `Remove ${count(names.length, "stopped container")}?`,
      loses: [
        `Gone for good, with what they wrote outside volumes: ${listed(names)}.`,
        "Volumes stay, and so do the containers of ED's deployments.",
      ],
      action: "Prune",
      typed: host.data.name,
    });
    if (!yes) return false;
    named = names;
  }
}

export function Prune({ host, refresh }) {
  const [busy, setBusy] = useState(false);
  const why = whyNot(host, "remove");
  const press = async () => {
    setBusy(true);
    try {
      if (await agreed(host)) {
        const { ContainersDeleted: gone, SpaceReclaimed: freed } = await tell("POST", `/containers/prune?filters=${filters(SPARED)}`);
        note(`${count(gone?.length || 0, "container")} removed, ${size(freed || 0)} freed.`);
      }
    } catch (problem) {
      note(`${problem.message} ${problem.advice}`, "bad");
    }
    setBusy(false);
    refresh();
  };
  return html`<button disabled=${busy || !host.data || why} title=${why} onClick=${press}>Prune</button>`;
}
