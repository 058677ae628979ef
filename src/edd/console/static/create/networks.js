/** Networks of a container: as `docker run --network` has them, and as the engine has them. */

import { fieldsOf, pair, textOf } from "./csv.js";
import { integer, Unfit } from "./quantities.js";

/** A row that says nothing: the engine's own network. */
export const NETWORK = Object.freeze({ name: "", alias: "", ip: "", ip6: "", mac: "", local: "", link: "", options: "", priority: "" });

const KEYS = {
  name: "name", alias: "alias", ip: "ip", ip6: "ip6", "mac-address": "mac", "link-local-ip": "local",
  "driver-opt": "options", "gw-priority": "priority",
};
const SEVERAL = ["alias", "local", "link", "options"];
const APART = /^(host|none|container:.*)$/;
const ANONYMOUS = ["", "default", "bridge", "host", "none"];

/** Tell whether a network has a name by which its containers find each other. */
export function isNamed(name) {
  return !ANONYMOUS.includes(name) && !name.startsWith("container:");
}

/** Return the parts of a text between commas. */
export function parts(text) {
  return text.split(",").map((each) => each.trim()).filter(Boolean);
}

/** Return the row of a value of `--network`. Throws `Unfit`. */
export function networkOf(value) {
  if (!/^\w[\w-]*=/.test(value)) return { ...NETWORK, name: value };
  const row = { ...NETWORK };
  for (const [key, text = ""] of fieldsOf(value).map(pair)) {
    const name = KEYS[key.trim()];
    if (!name) throw new Unfit(`${key} is no part of a network.`);
    if (!SEVERAL.includes(name) || !row[name]) row[name] = text.trim();
    else row[name] = `${row[name]}, ${text.trim()}`;
  }
  return row;
}

/** Return a row as `--network` takes it. */
export function lineOfNetwork(row) {
  if (!isDetailed({ ...row, link: "" })) return row.name || "bridge";
  return textOf(
    Object.entries(KEYS).flatMap(([key, name]) => {
      const values = SEVERAL.includes(name) ? parts(row[name]) : [name === "name" ? row.name || "bridge" : row[name]];
      return values.filter(Boolean).map((value) => `${key}=${value}`);
    }),
  );
}

function isDetailed(row) {
  return Object.entries(row).some(([key, value]) => key !== "name" && value);
}

/** Return `{mode, endpoints}` of rows, as a container's creation has them. Throws `Unfit`. */
export function endpointsOf(rows) {
  const endpoints = {};
  for (const row of rows) {
    const name = row.name || "default";
    if (endpoints[name]) throw new Unfit(`The network ${name} stands there twice.`);
    if (rows.length > 1 && (APART.test(row.name) || (row !== rows[0] && !isNamed(row.name)))) {
      throw new Unfit(`${name} cannot be one of several networks.`);
    }
    if (rows.length > 1 || isDetailed(row)) endpoints[name] = endpointOf(row);
  }
  return { mode: rows[0]?.name || undefined, endpoints };
}

function endpointOf(row) {
  const { ip, ip6, mac, alias, link, options, priority } = row;
  const ipam = { IPv4Address: ip || undefined, IPv6Address: ip6 || undefined, LinkLocalIPs: some(parts(row.local)) };
  const pairs = parts(options).map(pair);
  const odd = pairs.find(([, value]) => value === undefined);
  if (odd) throw new Unfit(`${odd[0]} is not name=value.`);
  return JSON.parse(JSON.stringify({
    IPAMConfig: Object.values(ipam).some(Boolean) ? ipam : undefined,
    Aliases: some(parts(alias)),
    Links: some(parts(link)),
    MacAddress: mac || undefined,
    DriverOpts: pairs.length ? Object.fromEntries(pairs) : undefined,
    GwPriority: priority ? integer(priority) : undefined,
  }));
}

function some(list) {
  return list.length ? list : undefined;
}

/** Return the rows of a container's creation, its own network first. */
export function rowsOfNetworks({ HostConfig, NetworkingConfig }) {
  const endpoints = NetworkingConfig?.EndpointsConfig || {};
  const mode = HostConfig?.NetworkMode || "";
  const own = mode === "default" || mode === "bridge" ? "" : mode;
  const key = [mode, "default", "bridge"].find((name) => endpoints[name] && (name === mode || !own));
  const others = Object.keys(endpoints).filter((name) => name !== key);
  return [rowOf(own, endpoints[key]), ...others.map((name) => rowOf(name, endpoints[name]))];
}

function rowOf(name, endpoint) {
  const { IPAMConfig, Aliases, Links, MacAddress, DriverOpts, GwPriority } = endpoint || {};
  return {
    name,
    alias: (Aliases || []).join(", "),
    ip: IPAMConfig?.IPv4Address || "",
    ip6: IPAMConfig?.IPv6Address || "",
    mac: MacAddress || "",
    local: (IPAMConfig?.LinkLocalIPs || []).join(", "),
    link: (Links || []).join(", "),
    options: Object.entries(DriverOpts || {}).map(([key, value]) => `${key}=${value}`).join(", "),
    priority: GwPriority ? `${GwPriority}` : "",
  };
}
