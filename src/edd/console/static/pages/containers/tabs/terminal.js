/** Terminals in a container: any number, each a command with a screen of its own. */

import { ask } from "../../../ask.js";
import { plain } from "../../../format.js";
import { may } from "../../../host.js";
import { html, useEffect, useRef, useState } from "../../../html.js";
import { style } from "../../../late.js";
import { whyNot } from "../../../parts.js";
import { Keys } from "../../../terminal/keys.js";
import { resizeLetters } from "../../../terminal/screen.js";
import { Session, useSessions } from "../../../terminal/session.js";
import { Empty, Trouble } from "../../../ui.js";
import { split } from "../../../words.js";

await Promise.all([style("terminal.css"), style("vendor/xterm.css")]);

const SHELLS = ["/bin/sh", "/bin/ash", "/bin/bash", "/bin/busybox sh"];
const OTHER = "other";
const GOES_ON = "Closing ends a shell that waits at its prompt. Another program may go on in the container, without a terminal.";
const HINT = "Ctrl-Shift-C copies, Ctrl-Shift-V pastes, Ctrl-Shift-X leaves the terminal.";

/** What was asked for last is offered again, whatever the container. */
let last = { shell: SHELLS[0], line: "", user: "", folder: "" };

function Form({ open, cancel }) {
  const [wish, setWish] = useState(last);
  const [wrong, setWrong] = useState("");
  const change = (name) => (event) => setWish({ ...wish, [name]: event.target.value });
  const submit = (event) => {
    event.preventDefault();
    const { words, problem } = split(wish.shell === OTHER ? wish.line : wish.shell);
    setWrong(problem || (words.length ? "" : "Type a command."));
    if (problem || !words.length) return;
    last = wish;
    open({ words, user: wish.user.trim(), folder: wish.folder.trim() });
  };
  return html`<form class="card wish" onSubmit=${submit}>
    <label>Shell<select value=${wish.shell} onChange=${change("shell")}>
      ${[...SHELLS, OTHER].map((one) => html`<option value=${one} selected=${one === wish.shell}>${one === OTHER ? "another command …" : one}</option>`)}
    </select></label>
    ${wish.shell === OTHER && html`<label>Command<input value=${wish.line} onInput=${change("line")} placeholder="/usr/bin/psql -U web"
      autocapitalize="off" autocomplete="off" spellcheck=${false} aria-describedby="wish-wrong" /></label>`}
    <label>User<input value=${wish.user} onInput=${change("user")} placeholder="the container's own" autocapitalize="off" autocomplete="off" spellcheck=${false} /></label>
    <label>Working directory<input value=${wish.folder} onInput=${change("folder")} placeholder="the container's own" autocapitalize="off" autocomplete="off" spellcheck=${false} /></label>
    <div class="buttons"><button class="primary">Open terminal</button>
      ${cancel && html`<button type="button" onClick=${cancel}>Cancel</button>`}
      <span class="wrong" id="wish-wrong" role="status">${wrong}</span></div>
  </form>`;
}

/** Move between sub-tabs by arrow keys, as they do everywhere. */
function Choose({ sessions, current, choose }) {
  const pressed = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = sessions[(sessions.indexOf(current) + step + sessions.length) % sessions.length];
    choose(next, true);
    document.getElementById(`terminal-${next.number}`).focus();
  };
  return html`<div class="terminals" role="tablist" aria-label="Terminals" onKeyDown=${pressed}>${sessions.map(
    (session) => html`<button role="tab" key=${session.number} id="terminal-${session.number}" aria-controls="terminal"
      aria-selected=${session === current ? "true" : "false"} tabindex=${session === current ? 0 : -1}
      onClick=${() => choose(session)}>${plain(session.title)}${session.running ? "" : html` <span class="soft">ended</span>`}</button>`,
  )}</div>`;
}

/** On a phone the keyboard covers half the page: the terminal takes what is left. */
function useKeyboardRoom(place) {
  useEffect(() => {
    const view = globalThis.visualViewport;
    if (!view) return undefined;
    const fit = () => {
      const covered = view.height * view.scale < innerHeight - 120;
      place.current.style.height = covered ? `${Math.max(120, view.height - 80)}px` : "";
      if (covered && place.current.contains(document.activeElement)) place.current.scrollIntoView({ block: "start" });
    };
    view.addEventListener("resize", fit);
    return () => view.removeEventListener("resize", fit);
  }, []);
}

function Shown({ session, close, adding, add, quietly }) {
  const place = useRef(null);
  const { screen, running, told, problem } = session;
  useKeyboardRoom(place);
  useEffect(() => {
    screen.show(place.current);
    if (!quietly.current) screen.terminal.focus();
    quietly.current = false;
  }, [session]);
  return html`<div class="bar">
      <button aria-expanded=${adding ? "true" : "false"} onClick=${add}>New terminal</button>
      <button onClick=${() => screen.copy()}>Copy</button>
      <button onClick=${() => screen.pasteClipboard()}>Paste</button>
      <button aria-label="Smaller letters" onClick=${() => resizeLetters(-1)}>A−</button>
      <button aria-label="Larger letters" onClick=${() => resizeLetters(1)}>A+</button>
      <button class="danger" onClick=${close}>Close</button>
    </div>
    ${adding}
    <div class="tty" role="tabpanel" id="terminal" aria-labelledby="terminal-${session.number}" ref=${place}
      data-state=${running ? (session.begun ? "running" : "starting") : "ended"}></div>
    <${Keys} screen=${screen} />
    ${problem && html`<${Trouble} error=${problem}>The terminal did not open: nothing was run.<//>`}
    <p class="soft under-terminal" role="status">${running ? HINT : told}
      ${!running && html` <button onClick=${() => session.start()}>Start again</button>`}</p>`;
}

/** Where else terminals are open. */
function Elsewhere({ sessions, id }) {
  const others = new Map(sessions.filter(({ container }) => container !== id).map(({ container, name }) => [container, name]));
  if (!others.size) return null;
  return html`<p class="soft elsewhere">Terminals are also open in ${[...others].map(
    ([container, name], at) => html`${at ? ", " : ""}<a href="/containers/${encodeURIComponent(container)}/terminal">${plain(name)}</a>`,
  )}.</p>`;
}

export default function Terminals({ id, container, host }) {
  const sessions = useSessions();
  const own = sessions.filter((session) => session.container === container.Id);
  const [chosen, setChosen] = useState(own.at(-1));
  const [adding, setAdding] = useState(false);
  const quietly = useRef(false);
  const current = own.includes(chosen) ? chosen : own.at(-1);
  const name = container.Name.replace(/^\//, "") || id;
  if (host.data && !may(host.data, "admin")) {
    return html`<${Empty} title="Administrators open terminals">
      A terminal can do whatever the container can. Your certificate has the role ${host.data.role}.<//>`;
  }
  const closed = host.data && whyNot(host.data);
  if (closed) return html`<${Empty} title="No terminal can be opened">${closed}.<//>`;
  const open = (wish) => {
    setChosen(new Session(container.Id, name, wish));
    setAdding(false);
  };
  /** The keyboard goes to the terminal, or `quiet` stays at the sub-tabs. */
  const choose = (session, quiet = false) => {
    quietly.current = quiet;
    setChosen(session);
  };
  const close = async () => {
    const question = { title: `Close terminal ${current.number} in ${name}?`, loses: [GOES_ON], action: "Close" };
    if (!current.running || (await ask(question))) current.close();
  };
  const form = html`<${Form} open=${open} cancel=${current && (() => setAdding(false))} />`;
  const idle = !container.State?.Running;
  return html`
    ${current
      ? html`<${Choose} sessions=${own} current=${current} choose=${choose} />
        <${Shown} session=${current} quietly=${quietly} close=${close} add=${() => setAdding(!adding)} adding=${adding && form} />`
      : idle
        ? html`<${Empty} title="The container does not run">Start it, and open a terminal in it here.<//>`
        : form}
    <${Elsewhere} sessions=${sessions} id=${container.Id} />`;
}
