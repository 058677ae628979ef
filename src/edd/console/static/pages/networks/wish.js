/** A network that is to be made: what is wrong with the wish, and how the engine is told. */

import { address, holds, overlap, subnet, written } from "./addresses.js";

export const DRIVERS = ["bridge", "macvlan", "ipvlan", "overlay"];
export const MODES = { macvlan: ["bridge", "private", "vepa", "passthru"], ipvlan: ["l2", "l3", "l3s"] };
/** Networks that an engine has by itself, which can neither be removed nor pruned. */
export const PREDEFINED = ["bridge", "host", "none"];

/** A subnet of which nothing is said yet. */
export const POOL = { subnet: "", gateway: "", range: "", spare: "" };
/** A wish of which nothing is said yet. */
export const BLANK = {
  name: "",
  driver: "bridge",
  parent: "",
  mode: "",
  internal: false,
  attachable: false,
  ingress: false,
  ipv6: false,
  options: "",
  labels: "",
  pools: [POOL],
};

/** Return the lines of `text` that are not empty, as pairs around their first `=`. */
export function pairs(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.map((line) => {
    const at = line.indexOf("=");
    return at < 0 ? [line, null] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

/** Say what is wrong with lines of `KEY=VALUE`; nothing if they are right. */
export function wrongPairs(text) {
  const names = new Set();
  for (const [name, value] of pairs(text)) {
    if (!name || value === null) return `“${name}” is not KEY=VALUE.`;
    if (names.has(name)) return `${name} is there twice.`;
    names.add(name);
  }
  return "";
}

function wrongSubnet(text, others) {
  const found = subnet(text);
  if (!found) return text.includes("/") ? "This is no subnet." : "A subnet ends with its length, as in 10.20.0.0/24.";
  if (found.value !== found.first) return `This is an address within ${written(found)}: give that.`;
  const taken = others.find(([, other]) => overlap(found, other));
  return taken ? `It overlaps with ${taken[0]}.` : "";
}

function wrongWithin(text, outer, reader, what) {
  const found = reader(text);
  if (!found) return `This is no ${what}.`;
  if (found.length !== undefined && found.value !== found.first) return `Give ${written(found)}.`;
  return holds(outer, found) ? "" : "It is not within the subnet.";
}

function wrongSpare(text, outer, gateway) {
  const wrong = wrongPairs(text);
  if (wrong) return wrong;
  for (const [name, value] of pairs(text)) {
    const why = wrongWithin(value, outer, address, "address");
    if (why) return `${name}: ${why}`;
    if (value === gateway) return `${name} is the gateway.`;
  }
  return "";
}

/** Say what is wrong with one subnet; `others` are names and subnets that it must not overlap. */
function wrongPool(pool, others, ipv6) {
  const found = {};
  const { subnet: text, gateway, range, spare } = pool;
  if (!text) {
    if (gateway || range || spare) found.subnet = "The subnet is missing.";
    return found;
  }
  found.subnet = wrongSubnet(text, others);
  const outer = subnet(text);
  if (!outer) return found;
  if (outer.bits === 128 && !ipv6) found.subnet ||= "Switch IPv6 on for this subnet.";
  if (gateway) found.gateway = wrongWithin(gateway, outer, address, "address");
  if (range) found.range = wrongWithin(range, outer, subnet, "range, such as 10.20.0.128/25");
  if (spare) found.spare = wrongSpare(spare, outer, gateway);
  return found;
}

/** Return the subnets that `networks` have, as names and subnets. */
export function taken(networks) {
  return networks.flatMap(({ Name, IPAM }) =>
    (IPAM?.Config ?? []).flatMap(({ Subnet }) => {
      const found = subnet(Subnet ?? "");
      return found ? [[`the network ${Name} (${Subnet})`, found]] : [];
    }),
  );
}

/**
 * Say, field by field, what is wrong with a wish; what is right is missing or empty.
 *
 * `networks` are those that the engine has. `pools` has an object for each subnet.
 */
export function wrong(wish, networks) {
  const { name, driver, parent, options, labels, ipv6 } = wish;
  const found = { options: wrongPairs(options), labels: wrongPairs(labels) };
  if (!name) found.name = "It needs a name.";
  else if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    found.name = "Letters, digits, and _ . - after the first.";
  } else if (networks.some(({ Name }) => Name === name)) found.name = "There is a network of this name.";
  if (parent && driver in MODES && !/^[\w.:@-]+$/.test(parent)) found.parent = "This is no interface's name.";
  const others = taken(networks);
  found.pools = wish.pools.map((pool, at) => {
    const mine = wish.pools.flatMap(({ subnet: text }, other) => {
      const one = other < at && subnet(text);
      return one ? [[text, one]] : [];
    });
    return wrongPool(pool, [...mine, ...others], ipv6);
  });
  return found;
}

/** Tell whether `wrong` found nothing. */
export function isRight({ pools, ...found }) {
  return [...Object.values(found), ...pools.flatMap(Object.values)].every((words) => !words);
}

function asked(wish) {
  const { driver, parent, mode, options } = wish;
  const own = driver in MODES ? { parent, [`${driver}_mode`]: mode } : {};
  const given = Object.entries(own).filter(([, value]) => value);
  return Object.fromEntries([...given, ...pairs(options)]);
}

/** Return the wish as the engine takes it (`POST /networks/create`). */
export function body(wish) {
  const { name, driver, internal, attachable, ingress, ipv6, labels } = wish;
  const pools = wish.pools.filter(({ subnet: text }) => text);
  return {
    Name: name,
    CheckDuplicate: true, // engines before 25 take a name twice otherwise
    Driver: driver,
    Internal: internal,
    Attachable: attachable,
    Ingress: driver === "overlay" && ingress,
    EnableIPv6: ipv6,
    Options: asked(wish),
    Labels: Object.fromEntries(pairs(labels)),
    IPAM: {
      Driver: "default",
      Config: pools.map(({ subnet: text, gateway, range, spare }) => ({
        Subnet: text,
        ...(gateway && { Gateway: gateway }),
        ...(range && { IPRange: range }),
        ...(spare && { AuxiliaryAddresses: Object.fromEntries(pairs(spare)) }),
      })),
    },
  };
}

/** Say what is wrong with an address that a container is to have; nothing if it may. */
export function wrongAddress(text, bits, network) {
  if (!text) return "";
  const found = address(text);
  if (found?.bits !== bits) return `This is no IPv${bits === 32 ? 4 : 6} address.`;
  const subnets = taken([network]).map(([, one]) => one).filter((one) => one.bits === bits);
  return subnets.some((one) => holds(one, found)) ? "" : "It is not within a subnet of this network.";
}
