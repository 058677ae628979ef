/** What of a chosen folder goes to a build. */

const MOST_FILES = 50_000;
const NEEDED = new Set([".dockerignore"]);

/**
 * Return the files of a folder as `path` and `file`, without what its `.dockerignore` names.
 *
 * Throws what is wrong with the folder. A Dockerfile that is ignored is sent all the same.
 */
export async function contextOf(chosen) {
  if (!chosen.length) throw new Error("The folder is empty.");
  const all = chosen.map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/"), file }));
  const list = all.find(({ path }) => path === ".dockerignore");
  const ignored = ignoring(list ? await list.file.text() : "");
  const files = all.filter(({ path }) => NEEDED.has(path) || path.split("/").at(-1).includes("Dockerfile") || !ignored(path));
  if (files.length > MOST_FILES) throw new Error(`The folder has ${files.length} files: name what to leave out in .dockerignore.`);
  return files;
}

/** Return whether a path is ignored by the lines of a `.dockerignore`: the last that fits decides. */
export function ignoring(text) {
  const rules = text.split(/\r?\n/).map(ruleOf).filter(Boolean);
  return (path) => rules.reduce((gone, { rule, keeps }) => (rule.test(path) ? !keeps : gone), false);
}

function ruleOf(line) {
  if (line.startsWith("#")) return null;
  const keeps = line.trim().startsWith("!");
  const pattern = line.trim().replace(/^!\s*/, "").replace(/^(\.?\/+)+|\/+$/g, "");
  if (!pattern || pattern === ".") return null;
  return { keeps, rule: new RegExp(`^${pattern.replace(/\*\*\/?|[*?]|\[[^\]]*\]|\\.|[^*?[\\]+|./gs, meaning)}(?:/|$)`) };
}

function meaning(part) {
  if (part === "**/") return "(?:.*/)?";
  if (part === "**") return ".*";
  if (part === "*") return "[^/]*";
  if (part === "?") return "[^/]";
  if (part.length > 2 && part.startsWith("[")) return part;
  if (part.length === 2 && part.startsWith("\\")) return part.slice(1).replace(/\W/g, "\\$&");
  return part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
