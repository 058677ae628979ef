/**
 * The form of a new container, and the engine's creation that it means.
 *
 * A form has a text or a switch for each of `FIELDS`; `name`, `image`, `platform`, `pull`; rows
 * for `ports`, `env`, `labels`, `mounts`, `networks`; and `rest`, settings as JSON for which it
 * has no field. `formOf(body)` loses nothing: `bodyOf` makes the same of it again.
 */

import { FIELDS } from "./fields.js";
import { KINDS } from "./kinds.js";
import { lacking, merged, unset } from "./merging.js";
import { mountsOf, rowsOfMounts } from "./mounts.js";
import { endpointsOf, isNamed, NETWORK, parts, rowsOfNetworks } from "./networks.js";
import { bindingsOf, rowsOf } from "./ports.js";
import { Unfit } from "./quantities.js";

/** Masks that the command line switches off by a word, and the engine by empty lists. */
const UNMASKED = "systempaths=unconfined";

const BLANK = {
  ...Object.fromEntries(FIELDS.map(({ name, kind }) => [name, KINDS[kind].empty ?? ""])),
  name: "", image: "", platform: "", pull: "missing", restart: "no",
  ports: [], env: [], labels: [], mounts: [], networks: [NETWORK], rest: "",
};

/** Return a form that says nothing, as a line of `docker run` without options does. */
export function blank() {
  return structuredClone(BLANK);
}

/** Return the form that means `body`. */
export function formOf(body) {
  const source = unmasked(body);
  const form = blank();
  for (const field of FIELDS) form[field.name] = KINDS[field.kind].read(at(source, field.at), field);
  form.image = body.Image || "";
  form.ports = rowsOf(body.HostConfig?.PortBindings);
  form.env = (body.Env || []).map(variable);
  form.labels = Object.entries(body.Labels || {}).map(([name, value]) => ({ name, value }));
  form.mounts = rowsOfMounts(body);
  form.networks = rowsOfNetworks(body);
  const doubled = new Set(Object.keys(bindingsOf(form.ports).exposed));
  form.expose = form.expose.split("\n").filter((name) => !doubled.has(name)).join("\n");
  const rest = lacking(body, bodyOf(form));
  form.rest = Object.keys(rest).length ? JSON.stringify(rest, null, 2) : "";
  return form;
}

/** Return the engine's creation that `form` means. Throws `Unfit`. */
export function bodyOf(form) {
  const body = { Image: form.image.trim(), HostConfig: {} };
  for (const field of FIELDS) put(body, field.at, KINDS[field.kind].write(form[field.name], field));
  ports(body, form);
  mounts(body, form);
  networks(body, form);
  if (form.env.length) body.Env = form.env.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
  if (form.labels.length) body.Labels = Object.fromEntries(form.labels.map(({ name, value }) => [name, value]));
  return merged(masked(body), restOf(form.rest));
}

/** Return the settings of the field for JSON. Throws `Unfit`. */
export function restOf(text) {
  if (!text.trim()) return {};
  let rest;
  try {
    rest = JSON.parse(text);
  } catch (error) {
    throw new Unfit(`It is no JSON: ${error.message}.`);
  }
  if (rest === null || typeof rest !== "object" || Array.isArray(rest)) throw new Unfit("It is no JSON object.");
  return rest;
}

function variable(text) {
  const cut = text.indexOf("=");
  return cut < 0 ? { name: text, value: null } : { name: text.slice(0, cut), value: text.slice(cut + 1) };
}

function at(body, place) {
  return place.split(".").reduce((inner, name) => inner?.[name], body);
}

function put(body, place, value) {
  if (value === undefined) return;
  const names = place.split(".");
  const last = names.pop();
  const inner = names.reduce((outer, name) => (outer[name] ??= {}), body);
  // GPUs and devices by their CDI name are one list.
  inner[last] = place.endsWith("DeviceRequests") && inner[last] ? joined(inner[last], value) : value;
}

function joined(requests, more) {
  return [...requests, ...more];
}

function ports(body, form) {
  const { bindings, exposed } = bindingsOf(form.ports);
  if (!form.ports.length) return;
  body.HostConfig.PortBindings = bindings;
  body.ExposedPorts = { ...exposed, ...body.ExposedPorts };
}

function mounts(body, form) {
  const { Volumes, ...host } = mountsOf(form.mounts);
  if (Object.keys(Volumes).length) body.Volumes = Volumes;
  for (const [name, value] of Object.entries(host)) if (!unset(name, value) || Object.keys(value).length) body.HostConfig[name] = value;
}

function networks(body, form) {
  const [own, ...others] = form.networks;
  const links = own && isNamed(own.name) && !own.link && form.link ? parts(form.link.replaceAll("\n", ",")).join(",") : own?.link;
  const { mode, endpoints } = endpointsOf(own ? [{ ...own, link: links }, ...others] : []);
  if (mode) body.HostConfig.NetworkMode = mode;
  if (Object.keys(endpoints).length) body.NetworkingConfig = { EndpointsConfig: endpoints };
}

function masked(body) {
  const options = body.HostConfig.SecurityOpt || [];
  if (!options.includes(UNMASKED)) return body;
  const host = { ...body.HostConfig, SecurityOpt: options.filter((one) => one !== UNMASKED), MaskedPaths: [], ReadonlyPaths: [] };
  if (!host.SecurityOpt.length) delete host.SecurityOpt;
  return { ...body, HostConfig: host };
}

function unmasked(body) {
  const { MaskedPaths, ReadonlyPaths, SecurityOpt } = body.HostConfig || {};
  if (MaskedPaths?.length !== 0 || ReadonlyPaths?.length !== 0) return body;
  return { ...body, HostConfig: { ...body.HostConfig, SecurityOpt: [...(SecurityOpt || []), UNMASKED] } };
}
