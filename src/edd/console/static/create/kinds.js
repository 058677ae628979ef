/**
 * Kinds of fields: how the form has a value, and how the engine has it.
 *
 * The form's value is the text that `docker run` takes; several are a text of lines. `read` makes
 * it of the engine's value, `write` the engine's of it, undefined when there is nothing to say.
 * What `read` cannot express it leaves out. `write` throws `Unfit`.
 */

import { fieldsOf, pair, textOf } from "./csv.js";
import { equal } from "./merging.js";
import { exposable, exposedOf } from "./ports.js";
import { bytes, integer, nanoseconds, sized, spanned, Unfit } from "./quantities.js";
import { join, split } from "../words.js";

const CDI = "cdi";
const MODES = /^(?=.)r?w?m?$/;

export const KINDS = {
  text: { read: (value) => value || "", write: (text) => text || undefined },
  choice: { read: (value) => value || "", write: (text) => text || undefined },
  switch: { empty: false, read: (value) => value === true, write: (on) => on || undefined },
  integer: amount((text, { min, max }) => integer(text, min, max), String),
  bytes: amount(limit, (count) => (count < 0 ? `${count}` : sized(count))),
  span: amount((text) => nanoseconds(text), spanned),
  cpus: amount(cpus, (count) => `${count / 1e9}`),
  words: { read: (value) => join(value || []), write: worded },
  restart: { read: restart, write: restarting },
  lines: list((line) => line, (value) => value),
  hosts: list(host, (value) => value),
  ulimits: list(ulimit, ({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`),
  devices: list(device, deviceLine),
  rates: list((line) => rated(line, "Rate", bytes), ({ Path, Rate }) => `${Path}:${sized(Rate)}`),
  counts: list((line) => rated(line, "Rate", integer), ({ Path, Rate }) => `${Path}:${Rate}`),
  weights: list((line) => rated(line, "Weight", integer), ({ Path, Weight }) => `${Path}:${Weight}`),
  gpus: list(gpus, gpusLine),
  cdi: { many: true, read: cdi, write: (text) => (linesIn(text).length ? [{ Driver: CDI, DeviceIDs: linesIn(text) }] : undefined) },
  table: { read: tableLines, write: table },
  expose: { read: (value) => linesOf(Object.keys(value || {})), write: exposed },
  shell: { read: (test) => (test?.[0] === "CMD-SHELL" && test.length === 2 ? test[1] : ""), write: (text) => (text ? ["CMD-SHELL", text] : undefined) },
  program: { read: (test) => (test?.[0] === "CMD" ? join(test.slice(1)) : ""), write: (text) => (text.trim() ? ["CMD", ...worded(text)] : undefined) },
  nothing: { empty: false, read: (test) => test?.[0] === "NONE", write: (on) => (on ? ["NONE"] : undefined) },
};

/** Whether fields of a kind are switches, which take no value on a command line. */
export function isSwitch(kind) {
  return KINDS[kind].empty === false;
}

/** Whether fields of a kind hold several values, one a line. */
export function isLines(kind) {
  return Boolean(KINDS[kind].many);
}

/** Return the lines of a text that say something. */
export function linesIn(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

for (const kind of ["table", "expose"]) KINDS[kind].many = true;

function linesOf(values) {
  return values.filter((value) => value === value.trim() && value && !value.includes("\n")).join("\n");
}

function amount(write, format) {
  return {
    read: (value, field) => (value == null || (value === 0 && !field.zero) ? "" : format(value)),
    write: (text, field) => (text.trim() ? write(text.trim(), field) : undefined),
  };
}

function list(one, line) {
  return {
    many: true,
    read: (values, field) => linesOf((values || []).map((value) => told(value, one, line, field)).filter(Boolean)),
    write: (text, field) => (linesIn(text).length ? linesIn(text).map((each) => one(each, field)) : undefined),
  };
}

/** Return the line of a value, if reading that line gives the same value. */
function told(value, one, line, field) {
  try {
    const text = line(value);
    return equal(one(text, field), value) ? text : "";
  } catch {
    return "";
  }
}

function limit(text, { min = 0, max = Number.MAX_SAFE_INTEGER }) {
  if (text === "-1" && min === -1) return -1;
  const number = bytes(text);
  if (number < min && number !== 0) throw new Unfit(`${text} is less than ${sized(min)}.`);
  if (number > max) throw new Unfit(`${text} is more than ${sized(max)}.`);
  return number;
}

function cpus(text, { max = 1024 }) {
  if (!/^\d*\.?\d+$/.test(text)) throw new Unfit(`${text} is no number of CPUs: write it like 1.5.`);
  if (Number(text) > max) throw new Unfit(`The host has ${max} CPUs.`);
  return Math.round(Number(text) * 1e9);
}

function worded(text) {
  const { words, problem } = split(text);
  if (problem) throw new Unfit(problem);
  return words.length ? words : undefined;
}

function restart(value) {
  const { Name = "", MaximumRetryCount: most = 0 } = value || {};
  return most ? `${Name}:${most}` : Name || "no";
}

function restarting(text) {
  const [Name, most] = text.split(":");
  if (!["no", "always", "unless-stopped", "on-failure"].includes(Name)) {
    throw new Unfit(`${Name} is none of no, always, unless-stopped, on-failure.`);
  }
  if (most && Name !== "on-failure") throw new Unfit("Only on-failure has a number of tries.");
  if (Name === "no") return undefined;
  return most ? { Name, MaximumRetryCount: integer(most, 0) } : { Name };
}

/** `name:address`, also written with `=`, an IPv6 address also in brackets. */
function host(line) {
  const found = line.match(/^([^:=]+)[:=]\[?(.+?)\]?$/);
  if (!found) throw new Unfit(`${line} is not name:address.`);
  return `${found[1]}:${found[2]}`;
}

function ulimit(line) {
  const found = line.match(/^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/);
  if (!found) throw new Unfit(`${line} is not name=soft or name=soft:hard.`);
  const [, Name, soft, hard = soft] = found;
  return { Name, Hard: integer(hard), Soft: integer(soft) };
}

function device(line) {
  const [path, ...rest] = line.split(":");
  const modes = rest.length && MODES.test(rest.at(-1)) ? rest.pop() : "rwm";
  const [inside = path, more] = rest;
  if (!path.startsWith("/") || !inside.startsWith("/") || more !== undefined) {
    throw new Unfit(`${line} is not /dev/one, /dev/one:/dev/other or /dev/one:/dev/other:rwm.`);
  }
  return { PathOnHost: path, PathInContainer: inside, CgroupPermissions: modes };
}

function deviceLine({ PathOnHost: path, PathInContainer: inside, CgroupPermissions: modes }) {
  return [path, inside === path && modes === "rwm" ? [] : inside, modes === "rwm" ? [] : modes].flat().join(":");
}

function rated(line, name, read) {
  const [, path, amountText] = line.match(/^(\/.+):([^:]+)$/) || [];
  if (!path) throw new Unfit(`${line} is not /dev/one:amount.`);
  return { Path: path, [name]: read(amountText) };
}

function gpus(line) {
  const request = { Driver: "", Count: 0, Capabilities: [["gpu"]], Options: {} };
  let counted = false;
  for (const [key, value] of fieldsOf(line).map(pair)) {
    if (value === undefined || key === "count") {
      counted = true;
      request.Count = (value ?? key) === "all" ? -1 : integer(value ?? key);
    } else if (key === "driver") request.Driver = value;
    else if (key === "device") request.DeviceIDs = value.split(",");
    else if (key === "capabilities") request.Capabilities = [[...value.split(","), "gpu"]];
    else if (key === "options") request.Options = table(fieldsOf(value).join("\n"));
    else throw new Unfit(`${key} is none of count, driver, device, capabilities, options.`);
  }
  if (!counted && !request.DeviceIDs) request.Count = 1;
  return request;
}

function gpusLine({ Driver, Count, DeviceIDs, Capabilities: [kinds], Options }) {
  if (kinds.at(-1) !== "gpu") throw new Unfit("no request for a GPU");
  const others = kinds.slice(0, -1);
  return textOf([
    ...(Driver ? [`driver=${Driver}`] : []),
    ...(DeviceIDs?.length ? [`device=${DeviceIDs.join(",")}`] : [Count === -1 ? "all" : `count=${Count}`]),
    ...(others.length ? [`capabilities=${others.join(",")}`] : []),
    ...(Object.keys(Options || {}).length ? [`options=${textOf(tableLines(Options).split("\n"))}`] : []),
  ]);
}

/** All devices by their CDI name are one request. */
function cdi(requests) {
  const [one, more] = (requests || []).filter(({ Driver }) => Driver === CDI);
  return one && !more && equal(one, { Driver: CDI, DeviceIDs: one.DeviceIDs }) ? linesOf(one.DeviceIDs) : "";
}

function tableLines(value) {
  return linesOf(Object.entries(value || {}).map(([key, text]) => `${key}=${text}`));
}

function table(text) {
  const pairs = linesIn(text).map(pair);
  const odd = pairs.find(([key, value]) => !key || value === undefined);
  if (odd) throw new Unfit(`${odd[0] || "A line"} is not name=value.`);
  return pairs.length ? Object.fromEntries(pairs) : undefined;
}

function exposed(text) {
  const names = linesIn(text).flatMap(exposable);
  return names.length ? exposedOf(names) : undefined;
}
