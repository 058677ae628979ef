/** Sessions: browsers without a certificate, such as a phone's, and how one is let in. */

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
  try {
    await act("POST", "/_edd/leave");
    location.assign("/login");
  } catch (problem) {
    note(`${problem.message} ${problem.advice}`, "bad");
  }
}

function row(session, refresh) {
  const { id, caller, role, address, agent, since, idle, by } = session;
  return {
    key: id,
    cells: [
      `Session ${id}`, `${plain(caller)}, ${role}`, plain(by || "link"), plain(address), age(since), span(idle),
      plain(agent),
      html`<button aria-label="End session ${id}" onClick=${() => end(session, refresh)}>End</button>`,
    ],
  };
}

const HEADS = ["", "For", "By", "From", "Since", "Idle", "Browser", ""];

export default function Sessions() {
  const live = useLive("/v1/sessions", 3);
  if (OWN && live.error?.status === 401) location.assign("/login");
  return html`<div class="title"><h1>Sessions</h1>
      <div class="buttons">${OWN && html`<button onClick=${leave}>Leave</button>`}</div></div>
    <section><${Loaded} live=${live}>${(sessions) =>
      sessions.length
        ? html`<${Table} label="Sessions" heads=${HEADS} rows=${sessions.map((one) => row(one, live.refresh))} />`
        : html`<${Empty} title="No browser is in">
            A phone is let in by a link: <code>edd session link</code> on a workstation prints it, to be
            photographed. Or by a password: <code>edd session password</code>.
          <//>`}<//></section>`;
}
