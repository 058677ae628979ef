/** One mount as the dialog has it, and as a row of the form. */

import { fieldsOf, pair, textOf } from "./csv.js";
import { mountOf, mountsOf, octal, volumeParts } from "./mounts.js";
import { Unfit } from "./quantities.js";

/** The parts of `--mount` that the dialog has controls for. */
const DRAWN = [
  ..."type source src target dst destination readonly ro bind-propagation".split(" "),
  ..."volume-nocopy volume-subpath image-subpath volume-driver tmpfs-size tmpfs-mode".split(" "),
];
export const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/** A mount that says nothing. `short`: as `--volume` and `--tmpfs` have it, not `--mount`. */
export const NOTHING = Object.freeze({
  type: "bind", short: true, source: "", target: "", readonly: false, propagation: "", nocopy: false, subpath: "", driver: "", size: "", mode: "", options: "",
});

/** Return the mount of a row. Throws `Unfit`. */
export function described({ option, value }) {
  if (option === "volume") return ofVolume(value);
  return option === "tmpfs" ? ofTmpfs(value) : ofMount(value);
}

function ofVolume(value) {
  const { source, target, options } = volumeParts(value);
  const rest = options.filter((one) => !["ro", "rw", "nocopy", ...PROPAGATIONS].includes(one));
  return {
    ...NOTHING, type: source.startsWith("/") ? "bind" : "volume", source, target,
    readonly: options.includes("ro"), nocopy: options.includes("nocopy"),
    propagation: PROPAGATIONS.find((one) => options.includes(one)) ?? "", options: rest.join(","),
  };
}

function ofTmpfs(value) {
  const [target, words = ""] = value.split(/:(.*)/s);
  const found = { ...NOTHING, type: "tmpfs", target };
  const rest = words.split(",").filter((word) => {
    const [key, text] = pair(word);
    if (!["size", "mode"].includes(key) || !text) return word;
    found[key] = text;
    return false;
  });
  return { ...found, options: rest.join(",") };
}

function ofMount(value) {
  const { Type, Source = "", Target, ReadOnly = false, BindOptions, VolumeOptions, ImageOptions } = mountOf(value);
  const fields = fieldsOf(value).map(pair);
  const said = (key) => fields.find(([name]) => name === key)?.[1] ?? "";
  const rest = fieldsOf(value).filter((one) => !DRAWN.includes(pair(one)[0]));
  return {
    ...NOTHING, type: Type, short: false, source: Source, target: Target, readonly: ReadOnly,
    propagation: BindOptions?.Propagation ?? "", nocopy: VolumeOptions?.NoCopy ?? false,
    subpath: VolumeOptions?.Subpath ?? ImageOptions?.Subpath ?? "", driver: said("volume-driver"),
    size: said("tmpfs-size"), mode: said("tmpfs-mode"), options: rest.length ? textOf(rest) : "",
  };
}

/** Return the row of a mount. Throws `Unfit` with what is missing or wrong. */
export function rowOfMount(mount) {
  const { type, source, target } = mount;
  if (!target.startsWith("/")) throw new Unfit("Where it appears in the container: a path from the root.");
  if (type === "bind" && !source.startsWith("/")) throw new Unfit("Which folder or file of the host: a path from the root.");
  if (type === "image" && !source) throw new Unfit("Which image.");
  if (type === "tmpfs" && mount.size && !/^\d+[kmgt%]?$/i.test(mount.size)) throw new Unfit("Its size: write it like 64m.");
  const row = isShort(mount) ? shortRow(mount) : { option: "mount", value: longValue(mount) };
  mountsOf([row]);
  return row;
}

function isShort({ type, short, source, subpath, driver, readonly, nocopy, options }) {
  if (type === "volume" && !source) return !(subpath || driver || readonly || nocopy || options);
  return short && type !== "image" && !subpath && !driver;
}

function shortRow({ type, source, target, readonly, propagation, nocopy, size, mode, options }) {
  if (type === "tmpfs") {
    const words = [size && `size=${size}`, mode && `mode=${octal(mode).toString(8)}`, options].filter(Boolean);
    return { option: "tmpfs", value: [target, words.join(",")].filter(Boolean).join(":") };
  }
  if (!source) return { option: "volume", value: target };
  if (`${source}${target}`.includes(":")) throw new Unfit("A path with a colon: leave it to docker's --mount, by unticking that a missing folder is created.");
  const words = [readonly && "ro", type === "bind" && propagation, type === "volume" && nocopy && "nocopy", options].filter(Boolean);
  return { option: "volume", value: [source, target, words.join(",")].filter(Boolean).join(":") };
}

function longValue({ type, source, target, readonly, propagation, nocopy, subpath, driver, size, mode, options }) {
  const one = (name, value, of = type) => (value && of === type ? [`${name}=${value}`] : []);
  const line = textOf([
    `type=${type}`,
    ...(source && type !== "tmpfs" ? [`source=${source}`] : []),
    `target=${target}`,
    ...(readonly && type !== "image" ? ["readonly"] : []),
    ...one("bind-propagation", propagation, "bind"),
    ...(nocopy && type === "volume" ? ["volume-nocopy"] : []),
    ...(type === "image" || type === "volume" ? one(`${type}-subpath`, subpath) : []),
    ...one("volume-driver", driver, "volume"),
    ...one("tmpfs-size", size, "tmpfs"),
    ...one("tmpfs-mode", mode && octal(mode).toString(8), "tmpfs"),
  ]);
  return options ? `${line},${options}` : line;
}

/** Return a mount in words. */
export function inWords({ type, source, target, readonly, propagation, nocopy, subpath, driver, size, mode, options }) {
  const from = source || (type === "volume" ? "a volume of its own" : "");
  const more = [readonly && "read only", propagation, nocopy && "nothing copied into it", subpath && `of it ${subpath}`, driver, size, mode && `mode ${mode}`, options];
  return { what: `${type} ${from}`.trim(), where: target, more: more.filter(Boolean).join(", ") };
}
