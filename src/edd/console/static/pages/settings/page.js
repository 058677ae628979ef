/** Settings: who serves whom, until when, and what this browser does its own way. */

import { get } from "../../api.js";
import { count, plain, size } from "../../format.js";
import { html, useEffect, useState } from "../../html.js";
import { Few } from "../../parts.js";
import { Badge, Facts, Loaded, Table } from "../../ui.js";
import { Disk } from "./disk.js";
import { Engine } from "./engine.js";

const ROLES = {
  viewer: "looks at everything but secrets, and changes nothing",
  deployer: "also delivers, rolls back, starts and stops, and reads logs and statistics",
  admin: "may do everything, and is root on the host through its engine",
};
const OPENINGS = {
  on: "open to each as the role says",
  "read-only": "for reading only, for everybody",
  off: "closed to everybody",
};
const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };
const KEYS = [
  ["Ctrl K", "go to any page or deployment by some of its letters"],
  ["/", "search the page"],
  ["Esc", "close a question or the palette"],
  ["Tab", "from one thing to the next; the first one of a page skips to its content"],
];
const SOON = 30;

/** Tell which of two versions is newer: 1 if `one` is, -1 if `other` is, 0 if neither. */
export function newer(one, other) {
  const parts = (version) => version.split(/[^0-9]+/, 3).map(Number);
  const [mine, others] = [parts(one), parts(other)];
  const at = mine.findIndex((part, index) => part !== others[index]);
  if (at < 0) return 0;
  return mine[at] > (others[at] ?? 0) ? 1 : -1;
}

function Skew({ own, host }) {
  const which = own && host ? newer(own, host) : 0;
  if (!own || !host || own === host) return null;
  const words = which > 0
    ? "This console is newer than the host. What the host does not know yet, it refuses; update ed-daemon there."
    : which < 0
      ? "The host is newer than this console. What only newer pages show is missing; update ed-daemon on this machine."
      : "This console and the host differ in their versions.";
  return html`<p class="skew"><${Badge} kind="warn">versions differ<//> ${words}</p>`;
}

function Versions({ info }) {
  const [own, setOwn] = useState("");
  useEffect(() => {
    get("/static/version.json").then(({ version }) => setOwn(version), () => {});
  }, []);
  const { engine } = info;
  return html`<section class="card"><${Facts} pairs=${[
      ["Host", plain(info.name)],
      ["ED on the host", plain(info.version)],
      ["This console", own || "…"],
      ["Docker", engine ? plain(engine.version) : "not reachable"],
      ["Docker's API", engine && plain(engine.api_version)],
      ["Images are kept by", engine && plain(engine.store)],
      ["System", engine && plain(`${engine.os}/${engine.architecture}`)],
      ["Docker's folder", engine && html`<code>${plain(engine.root_dir)}</code>`],
    ]} /><${Skew} own=${own} host=${info.version} /></section>`;
}

function You({ info }) {
  return html`<section><h2>You</h2><div class="card"><p><strong>${plain(info.caller)}</strong>, by your certificate, with the
      role <strong>${info.role}</strong>: ${ROLES[info.role]}.</p>
    <dl class="given roles">${Object.entries(ROLES).map(
      ([role, words]) => html`<div><dt>${role}</dt><dd>${words}</dd></div>`)}</dl>
    <p class="soft">The host's administrator changes it with <code>edd cert issue</code>; who asked for what
      is in the <a href="/audit">audit</a>.</p></div></section>`;
}

function Configuration({ settings }) {
  if (!settings) {
    return html`<section><h2>Configuration</h2><p class="soft">The host tells it to callers who may see all deployments, if it is new enough.</p></section>`;
  }
  const denials = settings.gateway_deny.map((one) => html`<code>${plain(one)}</code>`);
  return html`<section><h2>Configuration</h2><div class="card"><${Facts} pairs=${[
      ["Listens at", html`<code>${plain(settings.listen)}</code>`],
      ["Gateway to the engine", html`${settings.gateway}: ${OPENINGS[settings.gateway]}`],
      ["Denied there", html`<${Few} items=${denials} most=${20} none="what roles forbid, and no more" />`],
      ["Names of containers begin with", settings.container_prefix ? html`<code>${plain(settings.container_prefix)}</code>` : "nothing"],
      ["Largest archive", size(settings.max_archive)],
      ["Kept free by deliveries", size(settings.min_free)],
    ]} /><p class="soft said">It is written in <code>/etc/edd/config.toml</code> on the host and read by <code>edd reload</code>.</p></div></section>`;
}

function Certificates({ all }) {
  const state = ({ days }) => (days < 0 ? ["bad", "ended"] : days < SOON ? ["warn", "ends soon"] : ["ok", "valid"]);
  return html`<section><h2>Certificates of the host</h2>${all.length
    ? html`<${Table} label="Certificates" heads=${["What", "State", "Ends", "Left"]} rows=${all.map((one) => {
        const [kind, word] = state(one);
        return { key: one.name, cells: [plain(one.name), html`<${Badge} kind=${kind}>${word}<//>`,
          html`<time datetime=${one.not_after}>${new Date(one.not_after).toLocaleString()}</time>`, count(one.days, "day")] };
      })} />`
    : html`<p class="soft">The host tells of none.</p>`}</section>`;
}

const turn = () => new Promise((done) => setTimeout(done));

function Browser() {
  const root = document.documentElement;
  const [theme, setTheme] = useState(root.dataset.theme);
  const choose = async (wanted) => {
    // The navigation's button knows one way only: from one theme to the next.
    for (let tries = 0; root.dataset.theme !== wanted && tries < 3; tries += 1) {
      document.getElementById("theme").click();
      await turn();
    }
    setTheme(wanted);
  };
  return html`<section><h2>This browser</h2><div class="card">
    <div class="ticks" role="radiogroup" aria-label="Theme">${Object.entries(THEMES).map(
      ([key, words]) => html`<label class="tick"><input type="radio" name="theme" checked=${theme === key}
        onChange=${() => choose(key)} /> ${words}</label>`)}</div>
    <dl class="given keys">${KEYS.map(([key, words]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${words}</dd></div>`)}</dl>
  </div></section>`;
}

export default function Settings({ host }) {
  return html`<div class="title"><h1>Settings</h1></div>
    <${Loaded} live=${host} rows=${8}>${(info) => html`
      <${Versions} info=${info} /><${Configuration} settings=${info.settings} />
      <${Certificates} all=${info.certificates} /><${You} info=${info} /><${Disk} /><${Engine} info=${info} /><${Browser} />`}<//>`;
}
