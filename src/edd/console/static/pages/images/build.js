/** Build an image: the context comes from an address, a tar file or a folder of this computer. */

import { short } from "../../format.js";
import { html, useState } from "../../html.js";
import { ofText } from "../../paths.js";
import { archive } from "../../tar.js";
import { contextOf } from "./context.js";
import { Field, Sheet, Source } from "./forms.js";
import { pageOf } from "./names.js";
import { begin } from "./works.js";

const SOURCES = { folder: "a folder", file: "a tar file", address: "an address" };

/** Return build arguments by name. Throws what is wrong with a line. */
function argumentsOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return Object.fromEntries(lines.map((line) => {
    const [, name, value] = line.match(/^\s*([^\s=]+)=(.*)$/) || [];
    if (!name) throw new Error(`“${line}” is no build argument: it has the form NAME=value.`);
    return [name, value];
  }));
}

/** A browser does not tell who may run a file: all are as on Windows, 0755. */
function entryOf({ path, file }) {
  return { name: ofText(path), file, mode: 0o755, mtime: (file.lastModified || 0) / 1000 };
}

async function build(told, source, folder) {
  const dockerfile = told.dockerfile.trim() || "Dockerfile";
  const query = new URLSearchParams({ dockerfile, rm: "1", forcerm: "1" });
  const given = argumentsOf(told.arguments);
  if (Object.keys(given).length) query.set("buildargs", JSON.stringify(given));
  if (told.tag.trim()) query.set("t", told.tag.trim());
  if (source === "address") query.set("remote", told.address.trim());
  const file = source === "folder" ? archive(folder.map(entryOf)) : source === "file" ? told.file : undefined;
  await begin({
    what: `Build of ${told.tag.trim() || dockerfile}`,
    path: `/build?${query}`,
    file,
    logs: true,
    ending: ({ image }) => ({ said: `It is image ${short(image || "")}.`, href: image && pageOf(image) }),
  });
}

export function Build({ close }) {
  const [source, setSource] = useState("folder");
  const [folder, setFolder] = useState(null);
  const [problem, setProblem] = useState("");
  const choose = async ({ target }) => {
    try {
      setProblem("");
      setFolder(await contextOf([...target.files]));
    } catch (error) {
      setFolder(null);
      setProblem(error.message);
    }
  };
  const send = (told) => {
    argumentsOf(told.arguments);
    if (source === "folder" && !folder) throw new Error(problem || "Choose a folder first.");
    build(told, source, folder);
  };
  return html`<${Sheet} title="Build an image" action="Build" close=${close} send=${send}>
    <div class="fields">
      <${Source} sources=${SOURCES} ...${{ source, setSource }} />
      ${source === "folder" && html`<${Field} key="folder" label="Folder" type="file" webkitdirectory=${true} onChange=${choose}
        hint=${problem || (folder ? `${folder.length} files to send.` : "What its .dockerignore names stays here.")} />`}
      ${source === "file" && html`<${Field} key="file" label="Tar file" name="file" type="file" required />`}
      ${source === "address" && html`<${Field} key="address" label="Git repository or tar" name="address" required
        placeholder="https://example.org/app.git#main" hint="The host fetches it." />`}
      <${Field} label="Dockerfile" name="dockerfile" placeholder="Dockerfile" />
      <${Field} label="Tag" name="tag" placeholder="app:1.2" />
      <label class="field wide"><span>Build arguments</span><textarea name="arguments" rows="2" spellcheck=${false}
        placeholder="NAME=value, one a line"></textarea></label>
    </div><//>`;
}
