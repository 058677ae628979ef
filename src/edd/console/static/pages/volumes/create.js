/** A new volume. */

import { useEngine } from "../../engine.js";
import { Line, Lines } from "../../fields.js";
import { html, useState } from "../../html.js";
import { note } from "../../notes.js";
import { Act, whyNot } from "../../parts.js";
import { Empty, Trouble } from "../../ui.js";
import { useGo } from "../../wayon.js";
import { pairs, wrongPairs } from "../networks/wish.js";
import { create } from "./acts.js";
import { pageOf, shown, wrongName } from "./known.js";

const BLANK = { name: "", driver: "local", options: "", labels: "" };

function body({ name, driver, options, labels }) {
  return {
    ...(name && { Name: name }),
    Driver: driver || "local",
    DriverOpts: Object.fromEntries(pairs(options)),
    Labels: Object.fromEntries(pairs(labels)),
  };
}

/** The form at `/volumes/new`. */
export default function NewVolume({ host }) {
  const live = useEngine("/volumes", 10);
  const [wish, setWish] = useState(BLANK);
  const [state, setState] = useState({});
  const go = useGo();
  const why = whyNot(host.data);
  if (host.data && why) {
    return html`<div class="title"><h1>New volume</h1></div><section><${Empty} title="You cannot make a volume here">${why}.<//></section>`;
  }
  const wrong = {
    name: wrongName(wish.name, live.data?.Volumes ?? []),
    options: wrongPairs(wish.options),
    labels: wrongPairs(wish.labels),
  };
  const field = (key) => ({ id: key, value: wish[key], wrong: wrong[key], set: (value) => setWish({ ...wish, [key]: value }) });
  const send = async (event) => {
    event.preventDefault();
    if (Object.values(wrong).some(Boolean)) return document.querySelector("form [aria-invalid=true]")?.focus();
    setState({ busy: true });
    try {
      const name = await create(body(wish));
      note(`${shown(name)} was made.`);
      return go(pageOf(name));
    } catch (problem) {
      problem.kept ||= "No volume was made.";
      return setState({ problem });
    }
  };
  return html`<div class="title"><h1>New volume</h1></div>
    <form onSubmit=${send} novalidate><section class="card"><div class="fields">
        <${Line} label="Name" ...${field("name")} hint="The engine chooses one if it is empty." />
        <${Line} label="Driver" ...${field("driver")} hint="local, or a plugin of the engine." /></div>
      <div class="fields">
        <${Lines} label="Options of the driver" ...${field("options")}
          hint="KEY=VALUE, one a line; for NFS: type=nfs, o=addr=10.0.0.5, device=:/srv." />
        <${Lines} label="Labels" ...${field("labels")} hint="KEY=VALUE, one a line." /></div></section>
      ${state.problem && html`<${Trouble} error=${state.problem} />`}
      <div class="buttons"><a class="button" href="/volumes">Cancel</a>
        <${Act} primary busy=${state.busy} type="submit">Make the volume<//></div>
    </form>`;
}
