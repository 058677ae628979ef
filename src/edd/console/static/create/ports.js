/** Published ports: as `docker run --publish` has them, as rows, and as the engine has them. */

import { Unfit } from "./quantities.js";

export const PROTOCOLS = ["tcp", "udp", "sctp"];
/** As many bindings of one port are looked through for a range that goes on. */
const NEIGHBOURS = 8;

/** Return a row of `[[address:][host ports]:]ports[/protocol]` or `target=…,published=…`. */
export function published(text) {
  if (text.includes("=")) return ofPairs(text);
  const [, ports, protocol = "tcp"] = text.match(/^(.*?)(?:\/([^/]*))?$/s);
  const parts = ports.split(":");
  const container = parts.pop();
  const host = parts.pop() ?? "";
  return { ip: parts.join(":").replace(/^\[(.*)\]$/, "$1"), host, container, protocol: protocol.toLowerCase() };
}

/** Return a row as `--publish` takes it. */
export function publishing({ ip, host, container, protocol }) {
  const address = ip && `${ip.includes(":") ? `[${ip}]` : ip}:`;
  const place = address || host ? `${address}${host}:` : "";
  return `${place}${container}${protocol === "tcp" ? "" : `/${protocol}`}`;
}

/** Return `{ bindings, exposed }` of rows, as a container's creation has them. Throws `Unfit`. */
export function bindingsOf(rows) {
  const bindings = {};
  for (const { ip, host, container, protocol } of rows) {
    if (!PROTOCOLS.includes(protocol)) throw new Unfit(`${protocol} is none of ${PROTOCOLS.join(", ")}.`);
    const [first, last] = range(container);
    const [low, high] = host ? range(host) : [];
    if (host && last > first && high - low !== last - first) {
      throw new Unfit(`The ranges ${host} and ${container} differ in length.`);
    }
    for (let port = first; port <= last; port += 1) {
      const place = !host ? "" : last > first || low === high ? `${low + port - first}` : `${low}-${high}`;
      (bindings[`${port}/${protocol}`] ??= []).push({ HostIp: ip, HostPort: place });
    }
  }
  return { bindings, exposed: exposedOf(Object.keys(bindings)) };
}

/** Return `names` of ports as the engine has a set. */
export function exposedOf(names) {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

/** Return the ports of `80`, `53/udp`, `3000-3005`, by the engine's names. Throws `Unfit`. */
export function exposable(text) {
  const [, ports, protocol = "tcp"] = text.match(/^(.*?)(?:\/([^/]*))?$/);
  if (!PROTOCOLS.includes(protocol)) throw new Unfit(`${protocol} is none of ${PROTOCOLS.join(", ")}.`);
  const [first, last] = range(ports);
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}/${protocol}`);
}

/** Return the rows of the engine's bindings; neighbours that go on alike are one range. */
export function rowsOf(bindings) {
  const rows = Object.entries(bindings || {}).flatMap(([name, places]) => {
    const [container, protocol = "tcp"] = name.split("/");
    return (places || []).map(({ HostIp, HostPort }) => ({ ip: HostIp || "", host: HostPort || "", container, protocol }));
  });
  rows.sort((one, other) => one.protocol.localeCompare(other.protocol) || one.container - other.container);
  const found = [];
  for (const row of rows) if (!found.slice(-NEIGHBOURS).some((last) => joined(last, row))) found.push(row);
  return found;
}

/** Take `row` into `last` where it goes on with it; tell whether it did. */
function joined(last, row) {
  if (last.ip !== row.ip || last.protocol !== row.protocol) return false;
  if (!/^\d+$/.test(row.host) || !/^\d+(-\d+)?$/.test(last.host)) return false;
  const [end, place] = [last.container, last.host].map((ports) => Number(ports.split("-").pop()));
  const alike = last.container.includes("-") === last.host.includes("-");
  if (!alike || Number(row.container) !== end + 1 || Number(row.host) !== place + 1) return false;
  last.container = `${last.container.split("-")[0]}-${row.container}`;
  last.host = `${last.host.split("-")[0]}-${row.host}`;
  return true;
}

function ofPairs(text) {
  const row = { ip: "", host: "", container: "", protocol: "tcp" };
  const names = { target: "container", published: "host", protocol: "protocol" };
  for (const pair of text.split(",")) {
    const [key, value = ""] = pair.split("=");
    if (names[key]) row[names[key]] = value;
    else if (key !== "mode") throw new Unfit(`${key} is none of target, published, protocol, mode.`);
  }
  return row;
}

function range(text) {
  const [first, last = first] = text.split("-").map(port);
  if (last < first) throw new Unfit(`The range ${text} runs backwards.`);
  return [first, last];
}

function port(text) {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new Unfit(`${text || "Nothing"} is not a port: a number up to 65535, or a range.`);
  }
  return Number(text);
}
