/** A command line goes into the form, and comes out of it. */

import { plain } from "../format.js";
import { html, useState } from "../html.js";
import { note } from "../notes.js";
import { formOfLine } from "./runline.js";
import { lineOfForm } from "./showline.js";

const MOST = 64 << 10;

/** The area for a `docker run` line; `take(form)` is told what it means. */
export function PasteLine({ take }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState(null);
  const read = () => {
    const next = formOfLine(text);
    setFound(next);
    if (next.form) take(next.form);
  };
  return html`<section class="card" aria-label="Paste a docker run line">
    <label for="line">A command line of <code>docker run</code> or <code>docker create</code></label>
    <textarea id="line" class="line" rows="5" maxlength=${MOST} spellcheck=${false} placeholder="docker run -d --name web -p 8080:80 nginx:1.27" value=${text}
      onInput=${(event) => setText(event.target.value)}></textarea>
    <div class="buttons"><button type="button" class="primary" disabled=${!text.trim()} onClick=${read}>Fill the form</button></div>
    <div role="status">${found && html`<${Found} ...${found} />`}</div>
  </section>`;
}

function Found({ problem, notes }) {
  const more = notes.length ? "What of the line is not in it, or is not what a shell makes of it:" : "Everything of the line is in it.";
  return html`<p class=${problem ? "wrong" : ""}><strong>${problem ? plain(problem) : "The form is filled."}</strong>
      ${" "}${problem ? "The form is as it was." : more}</p>
    <ul class="told">${notes.map((one) => html`<li>${plain(one)}</li>`)}</ul>`;
}

/** The form as a command line. */
export function ShowLine({ form }) {
  const { line, notes } = lineOfForm(form);
  const refused = () => note("The browser did not let it be copied: select it.", "bad");
  const copy = () => navigator.clipboard.writeText(line).then(() => note("The line was copied."), refused);
  return html`<section class="card" aria-label="As docker run">
    <div class="title"><h2>This creates the same</h2><div class="buttons"><button type="button" onClick=${copy}>Copy</button></div></div>
    <pre class="line" tabindex="0">${plain(line)}</pre>
    ${notes.length > 0 && html`<p>But <code>docker run</code> cannot say everything:</p><ul class="told">${notes.map((one) => html`<li>${plain(one)}</li>`)}</ul>`}
  </section>`;
}
