/** What can be known of volumes by the engine's own lists. Nothing here asks for anything. */

const ANONYMOUS = "com.docker.volume.anonymous";
/** A label of the containers that were made to read a volume; its value is the volume's name. */
export const LOAN = "edd.console.download";

/** Return the containers of `all` that mount the volume `name`, those that run first. */
export function users(all, name) {
  const found = all.flatMap(({ Id, Names, State, Mounts, Labels }) => {
    const mount = Mounts?.find((one) => one.Type === "volume" && one.Name === name);
    if (!mount) return [];
    const called = Names?.[0]?.replace(/^\//, "") || Id.slice(0, 12);
    const runs = ["running", "paused"].includes(State);
    return [{ id: Id, name: called, runs, state: State, at: mount.Destination, writes: mount.RW, loan: Labels?.[LOAN] !== undefined }];
  });
  return found.sort((one, other) => other.runs - one.runs || one.name.localeCompare(other.name));
}

/** Tell whether nobody named the volume, as engines since 23.0 note. */
export function isAnonymous({ Labels }) {
  return Labels?.[ANONYMOUS] !== undefined;
}

/** Tell whether an engine of this API tells volumes that somebody named from others, and prunes only these. */
export function knowsNames(version) {
  const [major, minor] = String(version ?? "").split(".").map(Number);
  return major > 1 || (major === 1 && minor >= 42);
}

/** A volume's page. One may be called `new`. */
export function pageOf(name) {
  return `/volumes/${name === "new" ? "%6eew" : encodeURIComponent(name)}`;
}

/** A volume's name as it is shown where others stand beside it. */
export function shown(name) {
  return /^[0-9a-f]{64}$/.test(name) ? `${name.slice(0, 12)}…` : name;
}

/** What is typed to confirm that a volume goes: its name, or what begins one that nobody typed. */
export function typed(name) {
  return name.length > 32 ? name.slice(0, 12) : name;
}

/**
 * Return volumes' sizes in bytes by their names, as `/system/df` tells them.
 *
 * Engines have an object for each kind since API 1.52. -1 is a size that a driver does not tell.
 */
export function sizes(usage) {
  const all = usage.VolumeUsage?.Items ?? usage.Volumes ?? [];
  return new Map(all.map(({ Name, UsageData }) => [Name, UsageData?.Size ?? -1]));
}

/** Say what is wrong with the name of a volume that is to be made; nothing if it may be made. */
export function wrongName(name, volumes) {
  if (!name) return "";
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return "Two or more letters, digits, and _ . - after the first.";
  return volumes.some(({ Name }) => Name === name) ? "There is a volume of this name." : "";
}
