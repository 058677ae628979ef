/** What a container was created with, of what the engine says of it now. */

import { equal, unset } from "./merging.js";

/** What engines hide of /proc and /sys by themselves. */
const MASKED = "asound acpi interrupts kcore keys latency_stats timer_list timer_stats sched_debug scsi bus fs irq sys sysrq-trigger";
const MASKS = new RegExp(
  `^/(proc/(${MASKED.replaceAll(" ", "|")})|sys/(firmware|devices/virtual/powercap|devices/system/cpu/cpu\\d+/thermal_throttle))$`,
);
const COMPOSE = "Its labels say that it belongs to a project of docker compose, which will take the new one for its own: "
  + "remove the labels com.docker.compose.… unless you mean that.";
const OURS = "edd.";
/** So many digits of an id are a container's first host name, and its alias. */
const SHORT = 12;

/**
 * Return the creation of another container like the one that `GET /containers/ID/json` describes.
 *
 * What its image (`GET /images/ID/json`, if it is still there) and its engine (`GET /info`) give by
 * themselves is left out, so that it stays theirs.
 */
export function creationOf(container, image, info) {
  const { Config, HostConfig, NetworkSettings } = container;
  const networks = NetworkSettings?.Networks || {};
  return {
    ...ofConfig(Config, image?.Config || {}, container.Id),
    HostConfig: ofHost({ ...HostConfig, NetworkMode: modeOf(networks, HostConfig.NetworkMode) }, info || {}),
    ...ofNetworks(networks, HostConfig, Config, container),
  };
}

/** Return what two such containers cannot both have at once, one sentence each. */
export function quarrels(body) {
  const host = body.HostConfig;
  const ports = Object.values(host.PortBindings || {}).flat().map(({ HostPort }) => HostPort).filter((port) => Number(port));
  const endpoints = Object.values(body.NetworkingConfig?.EndpointsConfig || {});
  const addresses = endpoints.flatMap(({ IPAMConfig: ipam, MacAddress }) => [ipam?.IPv4Address, ipam?.IPv6Address, MacAddress]).filter(Boolean);
  const compose = Object.keys(body.Labels || {}).some((name) => name.startsWith("com.docker.compose."));
  return [
    ...(ports.length ? [`Both publish on the host: ${ports.slice(0, 8).join(", ")}. Only one of them can run, unless you change that.`] : []),
    ...(addresses.length ? [`Both have the address ${addresses.join(", ")}.`] : []),
    ...(compose ? [COMPOSE] : []),
  ];
}

/** Return a name for a duplicate that none of `names` is. */
export function freeName(name, names) {
  const [, stem, number] = name.match(/^(.*?)(?:-(\d{1,4}))?$/);
  let next = Number(number || 1) + 1;
  while (names.includes(`${stem}-${next}`)) next += 1;
  return `${stem}-${next}`;
}

function ofConfig(config, image, id) {
  const body = { ...config };
  for (const name of ["AttachStdin", "AttachStdout", "AttachStderr", "MacAddress"]) delete body[name];
  if (config.Hostname === id.slice(0, SHORT)) delete body.Hostname;
  if (config.StopSignal === "SIGTERM" && !image.StopSignal) delete body.StopSignal;
  for (const name of ["User", "WorkingDir", "Cmd", "Entrypoint", "Healthcheck", "StopSignal", "Shell", "OnBuild", "ArgsEscaped"]) {
    if (equal(body[name] ?? null, image[name] ?? null)) delete body[name];
  }
  // Without a command of its own, an entrypoint would have the image's.
  if (unset("Cmd", config.Cmd) && !unset("Cmd", image.Cmd)) body.Entrypoint = config.Entrypoint;
  // The image's directory is the engine's, too, when it says none.
  if (config.WorkingDir === "/" && !image.WorkingDir) delete body.WorkingDir;
  body.Env = variables(config.Env || [], image.Env || []);
  for (const name of ["ExposedPorts", "Volumes"]) body[name] = without(config[name], (key) => key in (image[name] || {}));
  body.Labels = without(config.Labels, (key, value) => key.startsWith(OURS) || image.Labels?.[key] === value);
  return body;
}

/** The container's variables that the image does not give, and names of the image's it was spared. */
function variables(own, images) {
  const names = new Set(own.map((each) => each.split("=")[0]));
  const spared = images.map((each) => each.split("=")[0]).filter((name) => !names.has(name));
  return [...own.filter((each) => !images.includes(each)), ...spared];
}

function without(table, drop) {
  return Object.fromEntries(Object.entries(table || {}).filter(([key, value]) => !drop(key, value)));
}

/** Settings that say what the engine would do anyway, by what they are then. */
function usual(name, value, host, info) {
  if (name === "NetworkMode") return value === "default" || value === "bridge";
  if (name === "ShmSize") return value === 64 << 20;
  if (name === "IpcMode") return value === "private";
  if (name === "CgroupnsMode") return value === (info.CgroupVersion === "1" ? "host" : "private");
  if (name === "Runtime") return value === (info.DefaultRuntime || "runc");
  if (name === "Isolation") return value === "default";
  if (name === "LogConfig") return value.Type === (info.LoggingDriver || "json-file") && unset("", value.Config);
  if (name === "RestartPolicy") return value.Name === "no";
  if (name === "MemorySwap") return value === 2 * host.Memory;
  if (name === "MemorySwappiness") return value === -1;
  if (name === "MaskedPaths" || name === "ReadonlyPaths") return value.length > 0 && value.every((path) => MASKS.test(path));
  return name === "ConsoleSize" || name === "ContainerIDFile";
}

function ofHost(host, info) {
  const found = {};
  for (const [name, value] of Object.entries(host)) {
    if (!unset(name, value) && !usual(name, value, host, info)) found[name] = value;
  }
  if (found.Links) found.Links = found.Links.map(link);
  return found;
}

/** `/target:/own/alias`, as engines say it, as `target:alias`. */
function link(text) {
  const [target, alias] = text.split(":");
  return `${target.replace(/^\//, "")}:${alias.split("/").pop()}`;
}

function ofNetworks(networks, { NetworkMode: mode }, { MacAddress }, { Id, Name }) {
  const own = Object.keys(networks).find((name) => isOwn(name, networks[name], mode));
  const places = Object.entries(networks).map(([name, endpoint]) => [
    name === "bridge" ? "default" : name,
    { ...ofEndpoint(endpoint, Id, Name), ...(name === own && MacAddress ? { MacAddress } : {}) },
  ]);
  const told = places.filter(([, endpoint]) => places.length > 1 || !unset("", endpoint));
  return told.length ? { NetworkingConfig: { EndpointsConfig: Object.fromEntries(told) } } : {};
}

function modeOf(networks, mode) {
  return Object.keys(networks).find((name) => name !== "bridge" && isOwn(name, networks[name], mode)) ?? mode;
}

/** A container's own network may be named by its id. */
function isOwn(name, { NetworkID: id }, mode) {
  return name === mode || (name === "bridge" && mode === "default") || Boolean(id && mode.length > 11 && id.startsWith(mode));
}

/** What was asked of a network; addresses that it gave, and names that everybody has there, are not. */
function ofEndpoint({ IPAMConfig, Aliases, Links, DriverOpts, GwPriority }, id, name) {
  const aliases = (Aliases || []).filter((alias) => alias !== id.slice(0, SHORT) && alias !== name.slice(1));
  const found = { IPAMConfig, Aliases: aliases, Links: Links?.map(link), DriverOpts, GwPriority };
  return Object.fromEntries(Object.entries(found).filter(([key, value]) => !unset(key, value)));
}
