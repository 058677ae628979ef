/** Which path of a container the address means. */

import { html, useEffect, useState } from "../html.js";
import { inQuery, ofQuery, ofText, shown, steps, tidy, toText } from "../paths.js";
import { go, useAddress } from "../router.js";

/** The path in the query; the root where there is none. The component is drawn again when it changes. */
export function usePlace() {
  return tidy(ofQuery(useAddress(() => location.search)[0]));
}

/** Return the address of a path of a container. */
export function placeOf(id, path) {
  return `/containers/${id}/files?path=${inQuery(path)}`;
}

/** The folders above a path as links, and a field to go to any. */
export function Place({ id, path }) {
  const [words, setWords] = useState("");
  const whole = toText(path);
  useEffect(() => setWords(whole ?? ""), [path]);
  const sent = (event) => {
    event.preventDefault();
    go(placeOf(id, tidy(ofText(words))));
  };
  const all = steps(path);
  return html`<div class="place"><div class="crumbs" role="navigation" aria-label="Folders" tabindex="-1" id="crumbs"><ol>
      <li><a href=${placeOf(id, "/")} aria-current=${all.length ? null : "page"} aria-label="root folder">/</a></li>
      ${all.map((one, at) => html`<li><a href=${placeOf(id, one.path)} aria-current=${at === all.length - 1 ? "page" : null}>${shown(one.name)}</a></li>`)}
    </ol></div>
    <form onSubmit=${sent}><input aria-label="Path" placeholder="/path" spellcheck=${false} autocapitalize="off" value=${words}
      onInput=${(event) => setWords(event.target.value)} /><button>Go</button></form></div>`;
}
