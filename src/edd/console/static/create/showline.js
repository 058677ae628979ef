/** A form as the command line that creates the same. */

import { restOf } from "./containerform.js";
import { FIELDS, optionOf } from "./fields.js";
import { isLines, isSwitch, linesIn } from "./kinds.js";
import { volumeParts } from "./mounts.js";
import { lineOfNetwork, parts } from "./networks.js";
import { publishing } from "./ports.js";
import { quote, split } from "../words.js";

/**
 * Return `{ line, notes }`: the command line, `docker run` when it is to be started at once, and
 * what of the form it cannot say.
 */
export function lineOfForm(form, { start = true } = {}) {
  const notes = [];
  const options = [
    ...option("name", form.name),
    ...option("platform", form.platform),
    ...option("pull", form.pull === "missing" ? "" : form.pull),
    ...FIELDS.filter(({ name }) => !["command", "entrypoint"].includes(name)).flatMap((field) => ofField(field, form, notes)),
    ...form.ports.flatMap((row) => option("publish", publishing(row))),
    ...form.env.flatMap(({ name, value }) => environment(name, value, notes)),
    ...form.labels.flatMap(({ name, value }) => option("label", value ? `${name}=${value}` : name)),
    ...form.mounts.flatMap((row) => ofMount(row)),
    ...ofNetworks(form, notes),
    ...ofInit(form, notes),
  ];
  const [entry, ...arguments_] = split(form.entrypoint).words;
  if (form.entrypoint.trim()) options.push(["--entrypoint", entry ?? ""]);
  if (arguments_.length) notes.push("An entrypoint of several words: docker run takes one, so the others stand before the command.");
  const command = [...arguments_, ...split(form.command).words];
  const parts_ = [start ? ["docker", "run", "-d"] : ["docker", "create"], ...options, [form.image || "IMAGE", ...command]];
  return { line: parts_.map((words) => words.map(quote).join(" ")).join(" \\\n  "), notes };
}

function option(name, value) {
  return value ? [[`--${name}`, value]] : [];
}

function ofField(field, form, notes) {
  const { name, kind } = field;
  const value = form[name];
  if (!optionOf(field)) return withoutOption(field, value, notes);
  if (name === "restart") return option("restart", value === "no" ? "" : value);
  if (isSwitch(kind)) return value ? [[`--${name}`]] : [];
  if (!isLines(kind)) return option(name, value.trim());
  return linesIn(value).flatMap((line) => {
    if (name !== "security-opt" || !/^seccomp[=:]\{/.test(line)) return option(optionOf(field), line);
    notes.push("The seccomp profile: docker run reads it from a file.");
    return [];
  });
}

function withoutOption({ label }, value, notes) {
  if (value.trim()) notes.push(`“${label}”: docker run only has checks by a shell.`);
  return [];
}

function environment(name, value, notes) {
  if (value !== null) return [["--env", `${name}=${value}`]];
  notes.push(`The variable ${name} is taken away from the image's: docker run cannot say that.`);
  return [];
}

function ofMount({ option: name, value }) {
  try {
    if (name === "volume") volumeParts(value);
  } catch {
    return [];
  }
  return option(name, value);
}

function ofNetworks({ networks }, notes) {
  if (networks.some(({ link }) => link)) notes.push("Links within a network: docker run has --link for the first one alone.");
  if (networks.length === 1) return ofOne(networks[0]);
  return networks.flatMap((row) => option("network", lineOfNetwork(row)));
}

/** One network is said by the options that every engine's command line has. */
function ofOne(row) {
  if (row.options || row.priority) return [...option("network", lineOfNetwork({ ...row, local: "" })), ...several("link-local-ip", row.local)];
  return [
    ...option("network", row.name),
    ...option("ip", row.ip),
    ...option("ip6", row.ip6),
    ...option("mac-address", row.mac),
    ...several("network-alias", row.alias),
    ...several("link-local-ip", row.local),
  ];
}

function several(name, text) {
  return parts(text).flatMap((value) => option(name, value));
}

/** The one setting of the field for JSON that the command line has a word for, and the others. */
function ofInit({ rest }, notes) {
  let more = {};
  try {
    more = restOf(rest);
  } catch {
    return [];
  }
  const { HostConfig: { Init, ...host } = {}, ...others } = more;
  const names = [...Object.keys(others), ...Object.keys(host).map((name) => `HostConfig.${name}`)];
  if (names.length) notes.push(`The settings as JSON: ${names.join(", ")}.`);
  return Init === false ? [["--init=false"]] : [];
}
