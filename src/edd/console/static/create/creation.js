/** A container is created: its image is pulled, it is connected, it is started. */

import { reports, tell } from "../engine.js";
import { bodyOf } from "./containerform.js";
import { isNamed } from "./networks.js";

/**
 * Create what `form` means, and start it if `start`.
 *
 * `step` is told what is done, and how far a pull is. An image that is missing is pulled where the
 * caller `mayPull` and the form does not say never; `there` are the references of those that are
 * there, if that is known. Returns `{id, warnings, problem}`: with a problem the container is there,
 * and not connected or not started. Throws `Problem` when there is no container.
 */
export async function create(form, { start, step, mayPull, there }) {
  const { ApiVersion } = await tell("GET", "/version");
  const { body, later } = fitted(bodyOf(form), ApiVersion);
  const missing = mayPull && form.pull === "missing" && there && !has(there, form.image.trim());
  if (form.pull === "always" || missing) await pull(form, step);
  const words = new URLSearchParams();
  if (form.name) words.set("name", form.name);
  if (form.platform) words.set("platform", form.platform);
  const made = await creating(`/containers/create?${words}`, body, { form, step, mayPull });
  const found = { id: made.Id, warnings: made.Warnings || [], problem: null };
  try {
    step("Connecting …");
    for (const [name, endpoint] of later) await connect(made.Id, name, endpoint);
    if (start) step("Starting …");
    if (start) await tell("POST", `/containers/${made.Id}/start`);
  } catch (problem) {
    found.problem = problem;
  }
  return found;
}

function connect(id, name, endpoint) {
  return tell("POST", `/networks/${encodeURIComponent(name)}/connect`, { Container: id, EndpointConfig: endpoint });
}

async function creating(path, body, { form, step, mayPull }) {
  step("Creating …");
  try {
    return await tell("POST", path, body);
  } catch (problem) {
    const missing = problem.status === 404 && /no such image/i.test(problem.message);
    if (!missing || !mayPull || form.pull !== "missing") throw problem;
  }
  await pull(form, step);
  step("Creating …");
  return tell("POST", path, body);
}

/** Tell whether an image is there, by a name or an id. */
function has(there, image) {
  if (/^(sha256:)?[0-9a-f]{6,64}$/.test(image)) return true;
  const short = image.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  return there.has(short) || there.has(`${short}:latest`) || there.has(short.replace(/:[^/@]*@/, "@"));
}

/** Pull the image of `form` and wait until it is there. */
async function pull({ image, platform }, step) {
  const { name, tag } = reference(image.trim());
  const words = new URLSearchParams({ fromImage: name, tag });
  if (platform) words.set("platform", platform);
  step(`Pulling ${image} …`);
  const layers = new Map();
  for await (const { id, status, progressDetail } of reports("POST", `/images/create?${words}`)) {
    if (status === "Downloading" && progressDetail?.total) layers.set(id, progressDetail);
    else if (/complete/i.test(status) && layers.has(id)) layers.get(id).current = layers.get(id).total;
    const all = [...layers.values()];
    step(`Pulling ${image} …`, {
      done: all.reduce((sum, { current = 0 }) => sum + current, 0),
      total: all.reduce((sum, { total }) => sum + total, 0),
    });
  }
}

/** Return an image's name and its tag or digest; without one, an engine would pull every tag. */
export function reference(image) {
  const [bare, digest] = image.split("@");
  const [, name, tag = "latest"] = bare.match(/^(.*?)(?::([^/:]*))?$/);
  return digest ? { name, tag: digest } : { name, tag: tag || "latest" };
}

/**
 * Return `body` as an engine of version `api` takes it, and the networks to connect `later`.
 *
 * Before 1.44 a container is created in one network, and its hardware address is its own.
 */
export function fitted(body, api) {
  const found = structuredClone(body);
  const endpoints = found.NetworkingConfig?.EndpointsConfig || {};
  const own = found.HostConfig.NetworkMode || "default";
  const old = older(api, [1, 44]);
  if (old && endpoints[own]?.MacAddress) {
    found.MacAddress = endpoints[own].MacAddress;
    delete endpoints[own].MacAddress;
  }
  if (old && endpoints[own] && !Object.keys(endpoints[own]).length) delete endpoints[own];
  const later = old || !isNamed(own) ? Object.entries(endpoints).filter(([name]) => name !== own) : [];
  for (const [name] of later) delete endpoints[name];
  if (!Object.keys(endpoints).length) delete found.NetworkingConfig;
  return { body: found, later };
}

function older(api, [major, minor]) {
  const [first, second] = api.split(".").map(Number);
  return first < major || (first === major && second < minor);
}
