/** How a container is, in one word. */

import { html } from "../../html.js";
import { Badge } from "../../ui.js";

const KINDS = { running: "ok", paused: "warn", restarting: "busy", removing: "busy", dead: "bad" };

/** Return the kind and the word of a state: that of the engine, `health` and `code` where it has them. */
export function wordOf({ status, health, code }) {
  if (status === "running" && health === "unhealthy") return ["bad", "unhealthy"];
  if (status === "running" && health === "starting") return ["busy", "starting"];
  if (status === "running" && health === "healthy") return ["ok", "healthy"];
  if (status === "exited") return code ? ["warn", `exited (${code})`] : ["off", "exited"];
  return [KINDS[status] || "off", status];
}

/** The state that `GET /containers/ID/json` has. */
export function StateOf({ state }) {
  const [kind, word] = wordOf({ status: state.Status, health: state.Health?.Status, code: state.ExitCode });
  return html`<${Badge} kind=${kind}>${word}<//>`;
}
