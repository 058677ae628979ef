/** Attach: what the container's own process writes, and input for it. */

import { tell } from "../../../engine.js";
import { may } from "../../../host.js";
import { html, useEffect, useRef, useState } from "../../../html.js";
import { style } from "../../../late.js";
import { Stream } from "../../../streams.js";
import { Keys } from "../../../terminal/keys.js";
import { Screen } from "../../../terminal/screen.js";
import { Empty, Trouble } from "../../../ui.js";

await Promise.all([style("terminal.css"), style("vendor/xterm.css")]);

const EOT = "\x04";
const PARTS = { stdin: "Input", stdout: "Output", stderr: "Errors", logs: "What it wrote before" };
const ENDED = "The container ended, or let go of the stream.";
const encoder = new TextEncoder();
const [RED, USUAL] = ["\x1b[31m", "\x1b[39m"].map((words) => encoder.encode(words));

function query({ keys, ...parts }) {
  const words = new URLSearchParams({ stream: "1" });
  for (const part in PARTS) if (parts[part]) words.set(part, "1");
  if (keys.trim()) words.set("detachKeys", keys.trim());
  return words;
}

/** Errors in red, where the engine tells them apart. */
function marked(bytes, errors) {
  if (!errors) return bytes;
  const all = new Uint8Array(RED.length + bytes.length + USUAL.length);
  all.set(RED);
  all.set(bytes, RED.length);
  all.set(USUAL, RED.length + bytes.length);
  return all;
}

/** Hold a screen and one stream at a time; return both, and what to do with them. */
function useAttached(id, tty, place) {
  const [state, setState] = useState({ open: false, told: "" });
  const held = useRef({}).current;
  const resize = () => {
    const { columns, rows } = held.screen;
    if (tty && held.stream?.open) tell("POST", `/containers/${id}/resize?h=${rows}&w=${columns}`).catch(() => {});
  };
  useEffect(() => {
    held.screen = new Screen({
      label: "The container's own process",
      typed: (input) => tty && held.input && held.stream?.send(input),
      resized: resize,
      flood: (on) => held.stream?.pause(on),
    });
    held.screen.terminal.options.convertEol = !tty;
    held.screen.show(place.current);
    return () => {
      held.gone = true;
      held.stream?.close();
      held.screen.end();
    };
  }, []);
  const attach = (wish) => {
    held.screen.terminal.reset();
    held.input = wish.stdin;
    setState({ open: true, begun: false, told: "" });
    held.stream = new Stream(`/containers/${id}/attach?${query(wish)}`, {
      began: () => {
        setState({ open: true, begun: true, told: "" });
        resize();
        held.screen.terminal.focus();
      },
      came: (bytes, errors) => held.screen.write(marked(bytes, errors)),
      ended: ({ words }) => held.gone || setState({ open: false, told: held.left ? "" : words || ENDED, wrong: words }),
    });
    held.left = false;
  };
  const detach = () => {
    held.left = true;
    held.stream.close();
  };
  return [state, held, { attach, detach }];
}

function Send({ held, tty, open }) {
  const [line, setLine] = useState("");
  const send = (event) => {
    event.preventDefault();
    held.stream.send(line + (tty ? "\r" : "\n"));
    setLine("");
  };
  const end = () => (tty ? held.stream.send(EOT) : held.stream.eof());
  return html`<form class="send" onSubmit=${send}>
    <input aria-label="A line to send" placeholder="A line to send" value=${line} onInput=${(event) => setLine(event.target.value)}
      autocapitalize="off" autocomplete="off" spellcheck=${false} disabled=${!open} />
    <button disabled=${!open}>Send line</button>
    <button type="button" disabled=${!open} onClick=${end} title=${tty ? "Sends the byte by which a terminal ends its input" : "Ends the input"}>Ctrl-D</button>
  </form>`;
}

function Parts({ wish, setWish, fixed, tty, input }) {
  const box = (part) => {
    const without = part === "stdin" && !input;
    const why = without ? "This container takes no input: it was made without -i" : "";
    return html`<label class="check" title=${why}><input type="checkbox" checked=${wish[part] && !without} disabled=${fixed || without}
      onChange=${(event) => setWish({ ...wish, [part]: event.target.checked })} />${PARTS[part]}</label>`;
  };
  const parts = Object.keys(PARTS).filter((part) => part !== "stderr" || !tty);
  return html`${parts.map(box)}
    <label class="check">Detach keys<input type="text" class="detach" value=${wish.keys} disabled=${fixed} placeholder="ctrl-p,ctrl-q"
      autocapitalize="off" autocomplete="off" spellcheck=${false} onInput=${(event) => setWish({ ...wish, keys: event.target.value })} /></label>`;
}

function told(state, tty, input) {
  if (!state.open) return state.told || "Not attached. The container goes on whether or not somebody is.";
  if (!state.begun) return "Attaching …";
  if (!input) return "Attached: what it writes is shown here.";
  return tty
    ? "Attached: what you type goes to the container's own process. Ctrl-C may end it, and the container with it."
    : "Attached: send it lines. The end of its input may end the container.";
}

export default function Attach({ id, container, host }) {
  const { Tty: tty, OpenStdin: input } = container.Config;
  const place = useRef(null);
  const [wish, setWish] = useState({ stdin: true, stdout: true, stderr: true, logs: true, keys: "" });
  const allowed = !host.data || may(host.data, "admin");
  if (!allowed) {
    return html`<${Empty} title="Administrators attach">
      Whoever attaches speaks to the container's own process. Your certificate has the role ${host.data.role}; its log may be open to you.<//>`;
  }
  return html`<${Attached} ...${{ id: encodeURIComponent(id), container, tty, input, place, wish, setWish }} />`;
}

function Attached({ id, container, tty, input, place, wish, setWish }) {
  const [state, held, { attach, detach }] = useAttached(id, tty, place);
  const idle = !container.State?.Running;
  const writes = input && wish.stdin;
  return html`<div class="bar">
      ${state.open
        ? html`<button onClick=${detach}>Detach</button>`
        : html`<button class="primary" disabled=${idle} title=${idle ? "The container does not run" : ""}
            onClick=${() => attach({ ...wish, stdin: writes })}>Attach</button>`}
      <${Parts} wish=${wish} setWish=${setWish} fixed=${state.open} tty=${tty} input=${input} />
    </div>
    <div class="tty" role="group" aria-label="Output" ref=${place} data-state=${state.open ? (state.begun ? "running" : "starting") : "ended"}></div>
    ${tty && state.open && writes && html`<${Keys} screen=${held.screen} />`}
    ${input && html`<${Send} held=${held} tty=${tty} open=${state.begun && state.open && writes} />`}
    ${state.wrong && html`<${Trouble} error=${{ message: state.wrong }}>The container was left as it is. Attach again to go on.<//>`}
    <p class="soft under-terminal" role="status">${state.wrong ? "" : told(state, tty, writes)}</p>`;
}
