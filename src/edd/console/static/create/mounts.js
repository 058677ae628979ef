/** Mounts: as `docker run` has them (`--volume`, `--mount`, `--tmpfs`), and as the engine has them. */

import { fieldsOf, pair, textOf } from "./csv.js";
import { bytes, integer, sized, Unfit } from "./quantities.js";

const SOURCES = ["source", "src"];
const TARGETS = ["target", "dst", "destination"];
const RECURSION = { disabled: "NonRecursive", writable: "ReadOnlyNonRecursive", readonly: "ReadOnlyForceRecursive" };

/** Return what a container's creation says of the rows `{option, value}`. Throws `Unfit`. */
export function mountsOf(rows) {
  const found = { Volumes: {}, Binds: [], Mounts: [], Tmpfs: {} };
  for (const { option, value } of rows) {
    if (option === "tmpfs") Object.assign(found.Tmpfs, tmpfsOf(value));
    else if (option === "mount") found.Mounts.push(mountOf(value));
    else if (volumeParts(value).source) found.Binds.push(value);
    else found.Volumes[value] = {};
  }
  return found;
}

/** Return the rows of a container's creation; what a row cannot express is left out. */
export function rowsOfMounts({ Volumes, HostConfig: { Binds, Mounts, Tmpfs } = {} }) {
  const row = (option) => (value) => ({ option, value });
  return [
    ...(Binds || []).map(row("volume")),
    ...(Mounts || []).map(lineOfMount).filter(Boolean).map(row("mount")),
    ...Object.keys(Volumes || {}).map(row("volume")),
    ...Object.entries(Tmpfs || {}).map(([path, options]) => row("tmpfs")(options ? `${path}:${options}` : path)),
  ];
}

/** Return `{source, target, options}` of `[source:]target[:options]`. Throws `Unfit`. */
export function volumeParts(value) {
  const parts = value.split(":");
  const [source, target, options = ""] = parts.length === 1 ? ["", ...parts] : parts;
  if (parts.length > 3 || !target.startsWith("/")) {
    throw new Unfit(`${value} is not source:/path or source:/path:options.`);
  }
  if (/^[.~]/.test(source)) throw new Unfit(`${source} depends on where it is typed: write the host's whole path.`);
  return { source, target, options: options.split(",").filter(Boolean) };
}

function tmpfsOf(value) {
  const [path, ...options] = value.split(":");
  if (!path.startsWith("/")) throw new Unfit(`${path} is not a path from the root.`);
  return { [path]: options.join(":") };
}

/** Return the engine's mount of a value of `--mount`. Throws `Unfit`. */
export function mountOf(value) {
  const mount = { Type: "volume" };
  const part = (name) => (mount[name] ??= {});
  const driver = () => (part("VolumeOptions").DriverConfig ??= {});
  for (const [key, text] of fieldsOf(value).map(pair)) {
    if (SOURCES.includes(key)) mount.Source = text;
    else if (TARGETS.includes(key)) mount.Target = text;
    else if (key === "type") mount.Type = (text ?? "").toLowerCase();
    else if (key === "readonly" || key === "ro") mount.ReadOnly = truth(key, text);
    else if (key === "consistency") mount.Consistency = text;
    else if (key === "bind-propagation") part("BindOptions").Propagation = text;
    else if (key === "bind-nonrecursive") part("BindOptions").NonRecursive = truth(key, text);
    else if (key === "bind-create-src") part("BindOptions").CreateMountpoint = truth(key, text);
    else if (key === "bind-recursive") recursion(part("BindOptions"), text);
    else if (key === "volume-nocopy") part("VolumeOptions").NoCopy = truth(key, text);
    else if (key === "volume-subpath") part("VolumeOptions").Subpath = text;
    else if (key === "volume-label") Object.assign((part("VolumeOptions").Labels ??= {}), entry(text));
    else if (key === "volume-driver") driver().Name = text;
    else if (key === "volume-opt") Object.assign((driver().Options ??= {}), entry(text));
    else if (key === "image-subpath") part("ImageOptions").Subpath = text;
    else if (key === "tmpfs-size") part("TmpfsOptions").SizeBytes = bytes(text ?? "");
    else if (key === "tmpfs-mode") part("TmpfsOptions").Mode = octal(text ?? "");
    else throw new Unfit(`${key} is no part of a mount.`);
  }
  return checked(mount);
}

function checked(mount) {
  if (!mount.Target?.startsWith("/")) throw new Unfit("A mount needs a target: a path from the root.");
  if (/^[.~]/.test(mount.Source || "")) throw new Unfit(`${mount.Source} depends on where it is typed: write the host's whole path.`);
  for (const name of Object.keys(mount).filter((each) => each.endsWith("Options"))) {
    const kind = name.replace("Options", "").toLowerCase();
    if (kind !== mount.Type) throw new Unfit(`${kind}-… is nothing for a mount of type ${mount.Type}.`);
  }
  return mount;
}

function recursion(options, text) {
  if (text === "enabled") return;
  if (!RECURSION[text]) throw new Unfit(`${text} is none of enabled, disabled, writable, readonly.`);
  options[RECURSION[text]] = true;
}

function entry(text) {
  const [key, value = ""] = pair(text ?? "");
  return key ? { [key]: value } : {};
}

function truth(key, text) {
  if (text === undefined || /^(1|t|true)$/i.test(text)) return true;
  if (!/^(0|f|false)$/i.test(text)) throw new Unfit(`${key} is either true or false.`);
  return false;
}

/** Return a mode's bits of `1777`, `rwxr-xr-x` or `rwxrwxrwt`. Throws `Unfit`. */
export function octal(text) {
  if (/^[0-7]{1,4}$/.test(text)) return integer(`${parseInt(text, 8)}`);
  if (!/^([r-][w-][xsS-]){2}[r-][w-][xtT-]$/.test(text)) throw new Unfit(`${text} is no mode: write it like 1777 or rwxr-xr-x.`);
  const bits = [...text].reduce((sum, one, at) => (/[-ST]/.test(one) ? sum : sum | (1 << (8 - at))), 0);
  return [2, 5, 8].reduce((sum, at, each) => (/[sStT]/.test(text[at]) ? sum | (0o4000 >> each) : sum), bits);
}

/** Return the value of `--mount` that makes exactly this mount; none if there is none. */
export function lineOfMount(mount) {
  const { Type, Source, Target, ReadOnly, Consistency, BindOptions, VolumeOptions, ImageOptions, TmpfsOptions } = mount;
  const driver = VolumeOptions?.DriverConfig || {};
  const all = (name, table) => Object.entries(table || {}).map(([key, value]) => `${name}=${key}=${value}`);
  const one = (name, value) => (value ? [`${name}=${value}`] : []);
  const on = (name, value) => (value ? [name] : []);
  const line = textOf([
    `type=${Type}`,
    ...one("source", Source),
    `target=${Target}`,
    ...on("readonly", ReadOnly),
    ...one("consistency", Consistency),
    ...one("bind-propagation", BindOptions?.Propagation),
    ...on("bind-create-src", BindOptions?.CreateMountpoint),
    ...Object.entries(RECURSION).flatMap(([word, name]) => one("bind-recursive", BindOptions?.[name] && word)),
    ...on("volume-nocopy", VolumeOptions?.NoCopy),
    ...one("volume-subpath", VolumeOptions?.Subpath),
    ...all("volume-label", VolumeOptions?.Labels),
    ...one("volume-driver", driver.Name),
    ...all("volume-opt", driver.Options),
    ...one("image-subpath", ImageOptions?.Subpath),
    ...one("tmpfs-size", TmpfsOptions?.SizeBytes && sized(TmpfsOptions.SizeBytes)),
    ...one("tmpfs-mode", TmpfsOptions?.Mode && TmpfsOptions.Mode.toString(8)),
  ]);
  try {
    return lean(mountOf(line)) === lean(mount) ? line : "";
  } catch {
    return "";
  }
}

/** Return a mount without what is not set, in an order of its own. */
function lean(value) {
  return JSON.stringify(value, (_, each) => {
    if (!each || typeof each !== "object" || Array.isArray(each)) return each || undefined;
    const set = Object.entries(each).filter(([, inner]) => inner && (typeof inner !== "object" || lean(inner) !== "{}"));
    return Object.fromEntries(set.sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
