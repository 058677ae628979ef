/** Sessions: browsers that came by a link, such as a phone's, and how one lets another in. */

import { act } from "../api.js";
import { ask } from "../ask.js";
import { age, plain, span } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { note } from "../notes.js";
import { Empty, Loaded, Table } from "../ui.js";

// The door of `edd console` has no certificate of its own, and no session: it ends with its command.
const OWN = location.protocol === "https:";

async function end(session, refresh) {
  const loses = [`The browser at ${session.address} is out at once, and so are its terminals and logs.`];
  if (!(await ask({ title: `End session ${session.id}?`, loses, action: "End it" }))) return;
  try {
    await act("DELETE", `/v1/sessions/${session.id}`);
    note(`Session ${session.id} is over.`);
  } catch (problem) {
    note(`${problem.message} ${problem.advice}`, "bad");
  }
  refresh();
}

async function leave() {
  await act("POST", "/_edd/leave");
  location.assign("/login");
}

function row(session, refresh) {
  const { id, caller, role, address, agent, since, idle } = session;
  return {
    key: id,
    cells: [
      `Session ${id}`, `${plain(caller)}, ${role}`, plain(address), age(since), span(idle), plain(agent),
      html`<button aria-label="End session ${id}" onClick=${() => end(session, refresh)}>End</button>`,
    ],
  };
}

const HEADS = ["", "For", "From", "Since", "Idle", "Browser", ""];

export default function Sessions() {
  const live = useLive("/v1/sessions", 3);
  if (OWN && live.error?.status === 401) location.assign("/login");
  return html`<div class="title"><h1>Sessions</h1>
      <div class="buttons">${OWN && html`<button onClick=${leave}>Leave</button>`}</div></div>
    <section><${Loaded} live=${live}>${(sessions) =>
      sessions.length
        ? html`<${Table} label="Sessions" heads=${HEADS} rows=${sessions.map((one) => row(one, live.refresh))} />`
        : html`<${Empty} title="No browser came by a link">
            A phone is let in by one: <code>edd session link</code> on a workstation prints it, to be photographed.
          <//>`}<//></section>`;
}
