/** What the engine says of containers, made fit for a table: nothing here asks or draws. */

const LOOPBACK = /^(127\.|::1$|localhost$)/;
const ANYWHERE = ["0.0.0.0", "::", ""];

/** The name of one of `GET /containers/json`: its own, not one that an old link gave it. */
export function nameOf({ Id, Names }) {
  const own = (Names || []).map((name) => name.slice(1)).find((name) => !name.includes("/"));
  return own || Id.slice(0, 12);
}

/** Where the page of a container is; `new` is the page that makes one. */
export function pageOf(id, name = id) {
  return `/containers/${encodeURIComponent(name === "new" ? id : name)}`;
}

/** The names of a container's networks. */
export function networksOf({ NetworkSettings }) {
  return Object.keys(NetworkSettings?.Networks || {});
}

/** Return the state, health and exit code that one of `GET /containers/json` has. */
export function stateIn({ State, Status = "" }) {
  const health = Status.match(/\((?:health: )?(healthy|unhealthy|starting)\)/)?.[1];
  const code = Number(Status.match(/^Exited \((\d+)\)/)?.[1] || 0);
  return { status: State, health, code };
}

/** Return the words beside the state: since when it is so. */
export function sinceIn({ Status = "" }) {
  return Status.replace(/ \((?:health: )?\w+\)$/, "").replace(/^Exited \(\d+\) /, "");
}

/**
 * Return each port of one of `GET /containers/json` as `{ words, href, why }`, published ones first.
 *
 * `address` is the host's: a TCP port is a link to it. What is bound to the host's loopback leads
 * nowhere from elsewhere, and `why` says so. The same on all IPv4 and IPv6 addresses is one.
 */
export function portsOf({ Ports }, address) {
  const found = new Map();
  const order = (one) => (one.PublicPort ? 0 : 65536) + (one.PublicPort || one.PrivatePort);
  for (const port of [...(Ports || [])].sort((one, other) => order(one) - order(other))) {
    const one = portOf(port, address);
    found.set(one.words, one);
  }
  return [...found.values()];
}

function portOf({ IP = "", PrivatePort, PublicPort, Type }, address) {
  const inner = `${PrivatePort}${Type === "tcp" ? "" : `/${Type}`}`;
  if (!PublicPort) return { words: inner, why: "Not published" };
  const words = `${ANYWHERE.includes(IP) ? "" : `${bracketed(IP)}:`}${PublicPort} → ${inner}`;
  const away = LOOPBACK.test(IP) && !LOOPBACK.test(address);
  if (Type !== "tcp" || !address || away) return { words, why: away ? "Reached from the host alone" : "" };
  const scheme = [443, 8443].includes(PrivatePort) ? "https" : "http";
  const host = ANYWHERE.includes(IP) ? address : IP;
  return { words, href: `${scheme}://${bracketed(host)}:${PublicPort}/`, why: "" };
}

/** An address as it stands before a port. */
export function bracketed(address) {
  return address.includes(":") ? `[${address}]` : address;
}

/**
 * Return the deployment of ED that a container belongs to, or none.
 *
 * The label alone says little: an image can bear it, too. The name has to be the deployment's.
 */
export function ownerOf(name, labels, deployments) {
  const label = labels?.["edd.deployment"];
  const one = (deployments || []).find((each) => each.name === label);
  if (!one) return "";
  const bare = name.replace(/\.(next|previous)$/, "");
  return (one.container ? bare === one.container : bare.endsWith(label)) ? label : "";
}

/** Return those of `all` that have `words` in what they show. */
export function seek(all, words) {
  const sought = words.trim().toLowerCase();
  const shown = (one) => [nameOf(one), one.Id, one.Image, one.State, one.Status, one.Command, ...networksOf(one),
    ...portsOf(one, "").map((port) => port.words), ...Object.entries(one.Labels || {}).flat()];
  return sought ? all.filter((one) => shown(one).join("\n").toLowerCase().includes(sought)) : all;
}

/** Join names for a sentence; beyond `most` of them only their number is told. */
export function listed(names, most = 300) {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(", ")} and ${more} more` : names.join(", ");
}

/**
 * Return the ports that `GET /containers/ID/json` has, each with all that it is published at.
 *
 * A container that does not run is shown what it was created with.
 */
export function inspectedPorts({ Config, HostConfig, NetworkSettings, State }, address) {
  const bound = State.Running ? NetworkSettings?.Ports : HostConfig.PortBindings;
  const all = { ...Config.ExposedPorts, ...HostConfig.PortBindings, ...bound };
  return Object.keys(all).map((inner) => {
    const [port, Type = "tcp"] = inner.split("/");
    const given = bound?.[inner] || [];
    const exact = given.filter(({ HostPort }) => /^\d+$/.test(HostPort) && HostPort !== "0");
    const Ports = exact.map(({ HostIp, HostPort }) => ({ IP: HostIp, PublicPort: Number(HostPort), PrivatePort: Number(port), Type }));
    const free = given.filter((one) => !exact.includes(one))
      .map(({ HostPort }) => ({ words: HostPort > "0" ? `one of ${HostPort}` : "any free port", why: "The engine chooses it at each start" }));
    return { inner, ports: [...portsOf({ Ports }, address), ...free] };
  });
}
