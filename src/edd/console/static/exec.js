/** Short commands in a container: what they print is bounded, and so is the time they may take. */

import { Problem } from "./api.js";
import { tell } from "./engine.js";
import { Stream } from "./streams.js";

const MOST = 4 << 20;
const MOST_ERRORS = 1 << 14;
const SECONDS = 30;
const UNRUNNABLE = new Set([126, 127]);
const shells = new Map();

/**
 * Run the words of `command` as root, and return `{ out, err, code, cut }`.
 *
 * `out` is bytes, `err` text. `cut`: it printed more than 4 MiB, or took longer than 30 s; it was
 * left alone then, and has no code.
 */
export async function run(id, command) {
  const wish = { AttachStdout: true, AttachStderr: true, User: "0", WorkingDir: "/", Env: ["LC_ALL=C"], Cmd: command };
  const { Id } = await tell("POST", `/containers/${id}/exec`, wish);
  const heard = await listen(`/exec/${Id}/start`);
  if (heard.cut) return heard;
  const { ExitCode } = await tell("GET", `/exec/${Id}/json`);
  return { ...heard, code: ExitCode };
}

/**
 * Run `script` in the container's shell; `words` are its $1 and so on.
 *
 * Throws a `Problem` with the code `no-shell` where there is none.
 */
export async function inShell(id, script, ...words) {
  const known = shells.get(id);
  for (const shell of known ? [known] : [["sh"], ["/bin/sh"], ["/bin/busybox", "sh"]]) {
    const ended = await run(id, [...shell, "-c", script, "sh", ...words]);
    if (UNRUNNABLE.has(ended.code)) continue;
    shells.set(id, shell);
    return ended;
  }
  shells.delete(id);
  throw new Problem(409, { code: "no-shell", detail: "The container has no shell." });
}

/**
 * Run a program that the container may have by itself or in its busybox.
 *
 * Throws a `Problem` with the program's own words where it fails.
 */
export async function perform(id, program, words) {
  for (const before of [[], ["/bin/busybox"]]) {
    const ended = await run(id, [...before, program, ...words]);
    if (!UNRUNNABLE.has(ended.code)) return checked(program, ended);
  }
  throw new Problem(409, { code: "no-program", detail: `The container has no ${program}.` });
}

/** Throw a `Problem` unless a command has ended well. */
export function checked(program, { code, err, cut }) {
  if (cut) throw new Problem(504, { detail: `${program} takes long: it goes on in the container.` });
  if (code) throw new Problem(409, { detail: err.trim() || `${program} failed (${code}).` });
}

function listen(path) {
  const heard = [[], []];
  let length = 0;
  let stream = null;
  return new Promise((done, failed) => {
    const end = (cut) => {
      clearTimeout(timer);
      const err = new TextDecoder().decode(joined(heard[1])).slice(0, MOST_ERRORS);
      done({ out: joined(heard[0]), err, cut });
    };
    const cut = () => {
      end(true);
      stream.close();
    };
    const timer = setTimeout(cut, SECONDS * 1000);
    stream = new Stream(path, {
      came(bytes, errors) {
        heard[Number(errors)].push(bytes);
        length += bytes.length;
        if (length > MOST) cut();
      },
      ended({ words, status }) {
        if (!words) return end(false);
        clearTimeout(timer);
        return failed(new Problem(status, { detail: words }));
      },
    });
  });
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
