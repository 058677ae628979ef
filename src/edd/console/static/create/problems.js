/** What of a form cannot be sent, before it is sent. */

import { bodyOf, restOf } from "./containerform.js";
import { FIELDS } from "./fields.js";
import { isLines, KINDS, linesIn } from "./kinds.js";
import { mountsOf } from "./mounts.js";
import { endpointsOf, isNamed } from "./networks.js";
import { bindingsOf } from "./ports.js";
import { bytes } from "./quantities.js";

export const NEEDS_ADMIN = "only an administrator may set this";
const MOUNTS_OF_OTHERS = "Folders of the host and volumes with a name need an administrator; anonymous volumes and tmpfs do not.";
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const IDS = /^[0-9a-f]+$/;
const MOST_BYTES = 64 << 10;

/**
 * Return a sentence for each part of `form` that cannot be sent, by the part's name.
 *
 * `names` are the containers that there are, `cpus` how many the host has, `admin` whether the
 * caller is an administrator.
 */
export function problemsOf(form, { names = [], cpus = 0, admin = true } = {}) {
  const found = {};
  const tell = (part, words) => words && (found[part] ??= words);
  const attempt = (part, work) => {
    try {
      work();
    } catch (error) {
      tell(part, error.message);
    }
  };
  for (const field of FIELDS) attempt(field.name, () => KINDS[field.kind].write(form[field.name], bounds(field, cpus)));
  attempt("ports", () => form.ports.forEach((row) => bindingsOf([row])));
  attempt("mounts", () => mountsOf(form.mounts));
  attempt("networks", () => endpointsOf(form.networks));
  attempt("rest", () => restOf(form.rest));
  tell("name", nameProblem(form.name, names));
  tell("image", imageProblem(form.image));
  for (const part of ["env", "labels"]) if (form[part].some(({ name }) => !name)) tell(part, "One of them has no name.");
  together(form, found, tell);
  if (!admin) beyond(form, tell, attempt);
  return found;
}

function bounds(field, cpus) {
  return field.kind === "cpus" && cpus ? { ...field, max: cpus } : field;
}

function nameProblem(name, names) {
  if (!name) return "";
  if (!NAME.test(name)) return "Two or more letters, digits, _ . and -, of which the first is a letter or a digit.";
  return names.includes(name) ? `There is a container ${name} already.` : "";
}

function imageProblem(image) {
  if (!image.trim()) return "Name the image.";
  return /\s/.test(image.trim()) ? "An image's name has no blanks." : "";
}

/** What is right by itself, and wrong with something else. */
function together(form, found, tell) {
  if (form.rm && form.restart !== "no") tell("rm", "A container that is removed once it ends cannot be restarted.");
  const checks = ["health-cmd", "health-program", "no-healthcheck"].filter((name) => form[name]);
  if (checks.length > 1) tell(checks[1], "There is one check, or none: empty the other.");
  if (form["no-healthcheck"] && FIELDS.some(({ name, group, kind }) => group === "health" && kind !== "nothing" && form[name])) {
    tell("no-healthcheck", "Without a check, the other fields say nothing: empty them.");
  }
  if (found.memory || found["memory-swap"]) return;
  const [memory, swap] = ["memory", "memory-swap"].map((name) => form[name].trim());
  if (swap && swap !== "-1" && !memory) tell("memory-swap", "It needs a limit of the memory, too.");
  else if (swap && swap !== "-1" && bytes(swap) && bytes(swap) < bytes(memory)) tell("memory-swap", "It is both together, so it cannot be less than the memory.");
}

/** Tell what the host would not let somebody below an administrator create. */
function beyond(form, tell, attempt) {
  const refused = `Empty this: ${NEEDS_ADMIN}.`;
  for (const { name, kind, admin, only } of FIELDS) {
    const values = isLines(kind) ? linesIn(form[name]) : [form[name]];
    if (admin ? values.some(Boolean) : only && !values.every((value) => only.test(value))) tell(name, refused);
  }
  if (form["log-opt"].trim() && !form["log-driver"]) tell("log-driver", "Name the driver whose options these are.");
  if (form.labels.some(({ name }) => name.startsWith("edd."))) tell("labels", "Labels that begin with edd. are the host's own.");
  if (!form.mounts.every(isOwnMount)) tell("mounts", MOUNTS_OF_OTHERS);
  const named = form.networks.some(({ name }) => isNamed(name));
  for (const { name, ...more } of form.networks) {
    const others = name === "host" || name.startsWith("container:") || (isNamed(name) && IDS.test(name));
    if (others) tell("networks", `The network ${name} needs an administrator.`);
    if (Object.values(more).some(Boolean)) tell("networks", "Addresses, aliases and options of a network need an administrator.");
  }
  if (named && form.hostname) tell("hostname", "On a network with a name only an administrator may set it: others find containers by it.");
  attempt("rest", () => Object.keys(restOf(form.rest)).length && tell("rest", refused));
  if (form.pull === "always") tell("pull", "Only an administrator may pull images.");
  attempt("body", () => tooLong(form, tell));
}

function isOwnMount({ option, value }) {
  return option === "tmpfs" || (option === "volume" && !value.includes(":"));
}

function tooLong(form, tell) {
  const length = new TextEncoder().encode(JSON.stringify(bodyOf(form))).length;
  if (length > MOST_BYTES) tell("body", `It comes to ${length} bytes; without an administrator it may have ${MOST_BYTES}.`);
}
