/** Terminals opened in this tab of the browser: they go on while other pages are looked at. */

import { get } from "../api.js";
import { tell } from "../engine.js";
import { Stream } from "../streams.js";
import { changing } from "../tab.js";
import { Screen } from "./screen.js";

/** Keys that let go of an exec: some that nobody types, for those of Docker are a shell's own. */
const DETACH = "ctrl-@,ctrl-^,ctrl-@,ctrl-^";

/** Exit codes of a command that could not be run, or was not found. */
const UNFIT = [126, 127];

/** A command that is only just starting has no size yet: it is told again. */
const MOST_TRIES = 5;

const LOST = "What ran in this terminal may go on in the container, but no terminal can take it up again.";

const pause = (time) => new Promise((done) => setTimeout(done, time));
let all = [];
let number = 0;
const { tell: tellAll, useChanges } = changing(() => all.some((session) => session.running));

/** Return all terminals that are open; the component is drawn again when one changes. */
export function useSessions() {
  useChanges();
  return all;
}

/**
 * A command with a terminal in a container (an exec), and its screen.
 *
 * `running` is true from its start until it ends or is lost; `told` says how it ended, `problem`
 * why it did not begin.
 */
export class Session {
  /** `wish` has the `words` of the command, a `user` and a `folder`, which may be empty. */
  constructor(container, name, wish) {
    this.container = container;
    this.name = name;
    this.wish = wish;
    this.number = number += 1;
    this.screen = new Screen({
      label: `Terminal ${this.number} in ${name}`,
      typed: (input) => this.stream?.send(input),
      resized: () => this.resize(),
      flood: (on) => this.stream?.pause(on),
    });
    all = [...all, this];
    this.start();
  }

  get title() {
    const command = this.wish.words.at(-1).split("/").pop();
    return `${this.number}: ${command.slice(0, 20)}${this.wish.user ? ` (${this.wish.user.slice(0, 20)})` : ""}`;
  }

  /** Run the command, also again after it ended. */
  async start() {
    if (this.running) return;
    this.screen.terminal.reset();
    Object.assign(this, { running: true, begun: false, settled: false, size: "", told: "", problem: null, exec: "" });
    tellAll();
    const { words, user, folder } = this.wish;
    const plan = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, DetachKeys: DETACH };
    Object.assign(plan, { Cmd: words, User: user, WorkingDir: folder, Env: ["TERM=xterm-256color"] });
    try {
      this.exec = (await tell("POST", `/containers/${this.container}/exec`, plan)).Id;
    } catch (problem) {
      this.stop("", problem);
      return;
    }
    if (!this.running) return;
    this.stream = new Stream(`/exec/${this.exec}/start`, {
      began: () => this.began(),
      came: (bytes) => this.came(bytes),
      ended: (why) => this.ended(why),
    });
  }

  began() {
    this.begun = true;
    tellAll();
    this.settle(2000);
  }

  came(bytes) {
    this.screen.write(bytes);
    if (!this.settled) this.settle(150);
    this.settled = true;
  }

  /** Tell the size for the first time a little later: a command that cannot be run has ended then. */
  settle(time) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.resize(), time);
  }

  /** Tell the engine how large the screen is, one time after the other. */
  async resize() {
    if (this.telling) return;
    this.telling = true;
    for (let tries = MOST_TRIES; tries && this.running && this.begun; ) {
      const { columns, rows } = this.screen;
      if (this.size === `${columns} ${rows}`) break;
      const done = await tell("POST", `/exec/${this.exec}/resize?h=${rows}&w=${columns}`).then(() => true, () => false);
      if (done) this.size = `${columns} ${rows}`;
      tries = done ? MOST_TRIES : tries - 1;
      if (!done) await pause(200);
    }
    this.telling = false;
  }

  async ended({ words }) {
    clearTimeout(this.timer);
    this.stream = null;
    this.begun = false;
    if (this.closed) return;
    const { Running, ExitCode, gone } = await this.outcome(words ? 1 : 20);
    if (gone) return this.stop("It ended with the container, which has stopped or was restarted.");
    if (Running || ExitCode == null) return this.stop(`${words || "The engine let go of it."} ${LOST}`);
    const unfit = UNFIT.includes(ExitCode) ? " If the container has no such program, choose another shell." : "";
    return this.stop(`${words} ${ExitCode ? `It ended with exit code ${ExitCode}.` : "It ended."}${unfit}`.trim());
  }

  /** Return what the engine says of the exec; the end of one comes to it a moment later. */
  async outcome(tries) {
    const found = await get(`/docker/exec/${this.exec}/json`).catch(({ status }) => ({ gone: status === 404 }));
    if (!found.Running || tries <= 1) return found;
    await pause(100);
    return this.outcome(tries - 1);
  }

  stop(told, problem = null) {
    Object.assign(this, { running: false, stream: null, told, problem });
    tellAll();
  }

  /** Close the terminal; a shell that waits at its prompt is ended first. */
  async close() {
    const { stream } = this;
    this.closed = true;
    all = all.filter((one) => one !== this);
    this.running = false;
    tellAll();
    if (stream?.open) {
      stream.send("\x03\x04");
      await pause(300);
      stream.close();
    }
    this.screen.end();
  }
}
