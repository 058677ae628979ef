/** A `docker run` or `docker create` command line, as a form. */

import { blank } from "./containerform.js";
import { pair } from "./csv.js";
import { FIELDS, optionOf } from "./fields.js";
import { isLines, isSwitch } from "./kinds.js";
import { networkOf, NETWORK } from "./networks.js";
import { ALIASES, BOOLEAN, LEFT_OUT, SHORT, VALUED } from "./options.js";
import { published } from "./ports.js";
import { join, split } from "../words.js";

const TRUE = /^(1|t|T|true|TRUE|True)$/;
const FALSE = /^(0|f|F|false|FALSE|False)$/;
const BY_NAME = new Map(FIELDS.map((field) => [field.name, field]));
const BY_OPTION = new Map(FIELDS.filter(({ name }) => name !== "command").map((field) => [optionOf(field), field]));
const SECCOMP_FILE = /^seccomp[=:](?!unconfined$|builtin$|\{)/;
const PROFILE = "it names a file of the machine where the line is typed; write seccomp= and its JSON in one line";
const CDI = /^[^/]+\/[^/=]+=.+$/;
const OWN = { ip: "ip", ip6: "ip6", "mac-address": "mac", "network-alias": "alias", "link-local-ip": "local" };

/**
 * Return `{ form, notes, problem }` of a command line.
 *
 * `problem` says why nothing could be made of it, and is empty otherwise. `notes` name, one
 * sentence each, whatever of the line is not in the form, and what a shell would have read otherwise.
 */
export function formOfLine(text) {
  const { words, doubts, comments, rest, problem } = split(text.replaceAll("\r\n", "\n"), { command: true });
  const notes = [
    ...doubts.map((doubt) => `A shell puts something in the place of ${doubt}; here it stands as it is written.`),
    ...comments.map((comment) => `${cut(comment)} is a comment.`),
    ...(rest ? [`${cut(rest)} is another command, or where the output goes; it is left out.`] : []),
  ];
  if (problem) return { form: null, notes, problem };
  const reader = new Reader(words, notes);
  return { notes, ...reader.read() };
}

class Reader {
  constructor(words, notes) {
    this.words = words;
    this.notes = notes;
    this.form = blank();
    this.form.networks = [];
    this.own = { ...NETWORK };
  }

  read() {
    const problem = this.command() || this.options() || this.image();
    if (problem) return { form: null, problem };
    this.finish();
    return { form: this.form, problem: "" };
  }

  /** Take the words up to `run` or `create`. */
  command() {
    const start = this.words.findIndex((word) => /(^|\/)(docker|podman|nerdctl)$/.test(word));
    const verb = this.words.findIndex((word, at) => at > start && /^(run|create)$/.test(word));
    if (start < 0 || verb < 0) return "It is no docker run or docker create command.";
    const before = this.words.slice(0, start).filter((word) => !["$", "#", "sudo"].includes(word));
    if (before.length) this.notes.push(`${cut(join(before))}, before the command, is left out.`);
    const between = this.words.slice(start + 1, verb).filter((word) => word !== "container");
    if (between.length) this.notes.push(`${cut(join(between))} says which engine is meant; here it is this host's.`);
    this.words = this.words.slice(verb + 1);
    return "";
  }

  options() {
    while (this.words.length && /^-./.test(this.words[0])) {
      const word = this.words.shift();
      if (word === "--") return "";
      const problem = word.startsWith("--") ? this.long(word) : this.cluster(word);
      if (problem) return problem;
    }
    return "";
  }

  long(word) {
    const [name, value] = pair(word.slice(2));
    if (BOOLEAN.has(name)) return this.flag(name, value);
    if (!VALUED.has(name)) return this.unknown(word, `--${name}`, value);
    if (value !== undefined) return this.set(name, value);
    return this.next(name, `--${name}`);
  }

  cluster(word) {
    for (let at = 1; at < word.length; at += 1) {
      const name = SHORT[word[at]];
      const after = word.slice(at + 1);
      if (!name) return this.unknown(word, `-${word[at]}`);
      const value = after.length > 1 && after.startsWith("=") ? after.slice(1) : after;
      if (BOOLEAN.has(name) && value === after) this.flag(name);
      else if (BOOLEAN.has(name)) return this.flag(name, value);
      else return after ? this.set(name, value) : this.next(name, `-${word[at]}`);
    }
    return "";
  }

  next(name, shown) {
    if (!this.words.length) return `${shown} needs a value.`;
    return this.set(name, this.words.shift());
  }

  unknown(word, shown, value) {
    // Whether the next word is its value cannot be known.
    const takes = value === undefined && word.startsWith("--") && this.words.length > 1 && !this.words[0].startsWith("-");
    const also = takes ? ` ${cut(this.words[0])} is read as if ${shown} took no value: if it does, take both out of the line.` : "";
    this.notes.push(`${cut(word)} is no option that is known here; it is left out.${also}`);
    return "";
  }

  flag(name, value = "true") {
    if (!TRUE.test(value) && !FALSE.test(value)) return `--${name} is either true or false, not ${cut(value)}.`;
    if (name in LEFT_OUT) this.leave(`--${name}`, name);
    else if (name === "detach") return "";
    else if (name === "init" && FALSE.test(value)) this.form.rest = '{"HostConfig": {"Init": false}}';
    else this.form[BY_OPTION.get(name).name] = TRUE.test(value);
    return "";
  }

  set(given, value) {
    const name = ALIASES[given] ?? given;
    if (name in LEFT_OUT) this.leave(`--${name} ${cut(value)}`, name);
    else if (name in SETTERS) return said(() => SETTERS[name](this, value), `--${name} ${cut(value)}`);
    else this.field(BY_OPTION.get(name), value);
    return "";
  }

  field({ name, kind }, value) {
    if (name === "entrypoint") this.form.entrypoint = join([value]);
    else if (isLines(kind) && !isSwitch(kind)) this.form[name] += `${this.form[name] && "\n"}${value}`;
    else this.form[name] = value;
  }

  leave(shown, name) {
    this.notes.push(`${shown} is left out: ${LEFT_OUT[name]}.`);
  }

  image() {
    const [image, ...command] = this.words;
    if (!image) return "It names no image.";
    if (/^[\u2010-\u2015\u2212]/.test(image)) return `${cut(image)} begins with a dash that is none: type it anew.`;
    this.form.image = image;
    this.form.command = join(command);
    return "";
  }

  /** What was said of a network without its name is said of the first one. */
  finish() {
    const [first = { ...NETWORK }, ...others] = this.form.networks;
    for (const [key, value] of Object.entries(this.own)) if (value) first[key] = value;
    this.form.networks = [first, ...others];
  }
}

const SETTERS = {
  name: ({ form }, value) => void (form.name = value),
  platform: ({ form }, value) => void (form.platform = value),
  pull({ form }, value) {
    if (!["always", "missing", "never", ""].includes(value)) return "it is none of always, missing, never";
    form.pull = value || "missing";
    return "";
  },
  publish: ({ form }, value) => void form.ports.push(published(value)),
  label({ form }, value) {
    const [name, text = ""] = pair(value);
    form.labels.push({ name, value: text });
  },
  env(reader, value) {
    const [name, text] = pair(value);
    if (!name) return "it has no name";
    reader.form.env.push({ name, value: text ?? "" });
    if (text === undefined) {
      reader.notes.push(`--env ${cut(name)} has the value from where the line is typed: write it into the environment.`);
    }
    return "";
  },
  volume: ({ form }, value) => void form.mounts.push({ option: "volume", value }),
  mount: ({ form }, value) => void form.mounts.push({ option: "mount", value }),
  tmpfs: ({ form }, value) => void form.mounts.push({ option: "tmpfs", value }),
  network: ({ form }, value) => void form.networks.push(networkOf(value)),
  device: (reader, value) => reader.field(BY_NAME.get(CDI.test(value) ? "cdi" : "device"), value),
  "security-opt"(reader, value) {
    if (SECCOMP_FILE.test(value)) reader.notes.push(`--security-opt ${cut(value)} is left out: ${PROFILE}.`);
    else reader.field(BY_OPTION.get("security-opt"), value);
  },
};

for (const [option, key] of Object.entries(OWN)) {
  SETTERS[option] = ({ own }, value) => void (own[key] = ["alias", "local"].includes(key) && own[key] ? `${own[key]}, ${value}` : value);
}

function said(set, shown) {
  try {
    const problem = set();
    return problem ? `${shown}: ${problem}.` : "";
  } catch (error) {
    return `${shown}: ${error.message}`;
  }
}

function cut(text) {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
