/** The name of a container and when it is started again. */

import { tell } from "../../../engine.js";
import { html, useState } from "../../../html.js";
import { note } from "../../../notes.js";
import { Trouble } from "../../../ui.js";
import { useGo } from "../../../wayon.js";
import { pageOf } from "../facts.js";

const POLICIES = ["no", "on-failure", "unless-stopped", "always"];

function current({ Name, HostConfig: { RestartPolicy: policy = {} } }) {
  return { name: Name.slice(1), policy: policy.Name || "no", most: String(policy.MaximumRetryCount || "") };
}

/**
 * Send what is different, one after the other: the name is left as it is when the policy is refused.
 *
 * Throws `Problem`. Returns what the engine warns of.
 */
export async function save(id, was, is) {
  const path = `/containers/${encodeURIComponent(id)}`;
  let warnings = [];
  if (is.policy !== was.policy || (is.policy === "on-failure" && is.most !== was.most)) {
    const most = is.policy === "on-failure" ? Number(is.most) : 0;
    const answer = await tell("POST", `${path}/update`, { RestartPolicy: { Name: is.policy, MaximumRetryCount: most } });
    warnings = answer?.Warnings || [];
  }
  if (is.name !== was.name) await tell("POST", `${path}/rename?name=${encodeURIComponent(is.name)}`);
  return warnings;
}

export function Change({ id, container, refresh }) {
  const was = current(container);
  const go = useGo();
  const [draft, setDraft] = useState({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const is = { ...was, ...draft };
  const put = (name) => (event) => setDraft({ ...draft, [name]: event.target.value });
  const wrong = !/^[a-zA-Z0-9][\w.-]+$/.test(is.name)
    ? "A name has letters, digits, _ . and -, begins with a letter or digit, and has two at least."
    : is.policy === "on-failure" && !/^\d{0,9}$/.test(is.most) ? "How often at most is a whole number." : "";
  const same = Object.keys(was).every((name) => was[name] === is[name]);
  const press = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const warnings = await save(id, was, is);
      note([`${is.name}: saved.`, ...warnings].join(" "));
      setDraft({});
      if (is.name !== was.name) return go(pageOf(container.Id, is.name));
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
    return refresh();
  };
  return html`<div class="card"><div class="fields">
      <label>Name <input value=${is.name} maxlength="200" spellcheck=${false} autocomplete="off" onInput=${put("name")} /></label>
      <label>Restart <select value=${is.policy} onChange=${put("policy")}>${POLICIES.map(
        (name) => html`<option value=${name}>${name}</option>`)}</select></label>
      ${is.policy === "on-failure" && html`<label>At most, times <input inputmode="numeric" value=${is.most}
        placeholder="without end" onInput=${put("most")} /></label>`}</div>
    ${problem && html`<${Trouble} error=${problem} />`}
    <p class="said soft">${wrong || (is.name !== was.name && "Whoever reaches it by its name has to use the new one.")}</p>
    <div class="buttons"><button class="primary" disabled=${busy || same || wrong} onClick=${press}>Save</button>
      ${!same && html`<button onClick=${() => setDraft({})}>Take back</button>`}</div></div>`;
}
