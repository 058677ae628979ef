/** Push an image of the host to a registry. */

import { plain } from "../../format.js";
import { html } from "../../html.js";
import { Credentials, Sheet } from "./forms.js";
import { parted, pathOf, registryAuth, tagsOf } from "./names.js";
import { begin } from "./works.js";

const DIGEST = /^(?:.*: )?digest: (sha256:[0-9a-f]{64})/m;

export function Push({ image, close }) {
  const send = (told) => {
    const { repository, tag } = parted(told.tag);
    begin({
      what: `Push of ${told.tag}`,
      path: `${pathOf(repository)}/push?${new URLSearchParams({ tag })}`,
      headers: registryAuth(repository, told),
      ending: ({ text }) => ({ said: `The registry has it as ${text.match(DIGEST)?.[1] || told.tag}.` }),
    });
  };
  return html`<${Sheet} title="Push to a registry" action="Push" close=${close} send=${send}>
    <label class="field"><span>Tag</span><select name="tag">${tagsOf(image).map(
      (tag) => html`<option value=${tag}>${plain(tag)}</option>`,
    )}</select><small>The tag names the registry: give the image another one to push it elsewhere.</small></label>
    <${Credentials} />
  <//>`;
}
