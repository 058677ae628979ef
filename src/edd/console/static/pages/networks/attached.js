/** Which containers are on which networks, by the engine's own lists. */

import { PREDEFINED } from "./wish.js";

/** The name that people gave a container, or the beginning of its id. */
export function nameOf({ Id, Names }) {
  return Names?.[0]?.replace(/^\//, "") || Id.slice(0, 12);
}

/**
 * Return the containers of `all` that belong to `network`, those that run now first.
 *
 * One that does not run has a network by its name, and an address only once it runs.
 */
export function attached(all, { Id, Name }) {
  const found = all.flatMap((one) => {
    const end = one.NetworkSettings?.Networks?.[Name];
    const other = end?.NetworkID && end.NetworkID !== Id;
    return end && !other ? [{ id: one.Id, name: nameOf(one), runs: Boolean(end.EndpointID), state: one.State }] : [];
  });
  return found.sort((one, other) => other.runs - one.runs || one.name.localeCompare(other.name));
}

/** Why the network cannot be removed, whatever is on it; nothing if it can. */
export function kept({ Name }) {
  return PREDEFINED.includes(Name) ? "The engine has this network by itself, and keeps it" : "";
}

/** Marks of a network that its driver does not tell. */
export function marks({ Name, Internal, Attachable, Ingress, ConfigOnly, EnableIPv6, Scope }) {
  return [
    PREDEFINED.includes(Name) && "predefined",
    Internal && "internal",
    Attachable && "attachable",
    Ingress && "ingress",
    ConfigOnly && "configuration only",
    EnableIPv6 && "IPv6",
    Scope !== "local" && Scope,
  ].filter(Boolean);
}
