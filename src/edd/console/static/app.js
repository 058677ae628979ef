/** The shell: navigation, the page that is meant, and what all pages share. */

import { useHost } from "./host.js";
import {
  html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState,
} from "./html.js";
import { style } from "./late.js";
import { followLinks, usePath } from "./router.js";
import { Empty, Trouble, Waiting } from "./ui.js";

const NAME = "([a-z0-9_-]+)";
const ID = "([a-zA-Z0-9][\\w.-]*)";
// An address, the title by which the navigation has it, and the module; what has no title is a
// page of one thing.
const PAGES = [
  ["/", "Overview", "overview"],
  ["/deployments", "Deployments", "deployments"],
  [`/deployments/${NAME}(?:/(logs|push|jobs))?`, "", "deployment"],
  ["/containers", "Containers", "containers/list"],
  ["/containers/new", "", "containers/new"],
  [`/containers/${ID}(?:/([a-z]+))?`, "", "containers/detail"],
  ["/images", "Images", "images/list"],
  ["/images/(.+)", "", "images/detail"],
  ["/networks", "Networks", "networks/list"],
  ["/networks/([^/]+)", "", "networks/detail"],
  ["/volumes", "Volumes", "volumes/list"],
  ["/volumes/(?:(new)|([^/]+))", "", "volumes/detail"],
  ["/events", "Events", "events/list"],
  ["/jobs", "Jobs", "jobs"],
  ["/jobs/([0-9]+)", "", "job"],
  ["/audit", "Audit", "audit"],
  ["/sessions", "Sessions", "sessions"],
  ["/settings", "Settings", "settings/page"],
];
const THEMES = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

function decoded(part = "") {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % is one
  }
}

function pageAt(path) {
  for (const [rule, title, module] of PAGES) {
    const found = path.match(new RegExp(`^${rule}/?$`));
    if (!found) continue;
    return { title, module, parts: found.slice(1).map(decoded) };
  }
  return null;
}

async function load({ title, module }) {
  if (!title) await style("detail.css");
  return import(`./pages/${module}.js`);
}

function Page({ path, host }) {
  const [shown, setShown] = useState(null);
  const [broken, mend] = useErrorBoundary((error) => reportError(error));
  const meant = pageAt(path);
  useEffect(() => {
    // One that took long may have been left meanwhile.
    const show = (Content) => {
      if (path !== location.pathname) return;
      mend();
      setShown({ ...meant, Content });
    };
    meant && load(meant).then(
      (module) => {
        sessionStorage.removeItem("tries");
        show(module.default);
      },
      () => {
        show(Unloaded);
        globalThis.loadAgain();
      },
    );
  }, [path]);
  // Who comes back finds the place that was left.
  useLayoutEffect(() => shown && scrollTo(0, history.state?.y || 0), [shown]);
  if (!meant) {
    return html`<h1>No such page</h1><section><${Empty} title="Nothing is at ${path}">
      <a href="/">Back to the overview</a>, or press Ctrl-K to go elsewhere.
    <//></section>`;
  }
  if (broken) {
    return html`<${Empty} title="This page broke">
      ${broken.message}. <button onClick=${() => location.reload()}>Load it again</button>
    <//>`;
  }
  // The old page stays until the new one is here: no blank moment, no jump.
  if (!shown) return html`<${Waiting} rows=${6} />`;
  const { Content, parts } = shown;
  return html`<${Content} key=${Content.name + parts[0]} parts=${parts} host=${host} />`;
}

function Unloaded() {
  return html`<${Empty} title="This page could not be loaded">
    The console has ended: run <code>edd console</code> again.
  <//>`;
}

function Theme() {
  const root = document.documentElement;
  const [theme, setTheme] = useState(root.dataset.theme);
  const next = { auto: "light", light: "dark", dark: "auto" }[theme] || "auto";
  const change = () => {
    root.dataset.theme = next;
    localStorage.setItem("theme", next);
    setTheme(next);
  };
  return html`<button class="quiet" id="theme" onClick=${change}>${THEMES[theme]}</button>`;
}

function Nav({ path, open, host }) {
  const current = (href) => (href === "/" ? path === "/" : path.startsWith(href));
  return html`<nav id="nav" aria-label="Pages" class=${open ? "open" : ""}>
    ${PAGES.filter(([, title]) => title).map(
      ([href, title]) =>
        html`<a href=${href} aria-current=${current(href) ? "page" : null}>${title}</a>`,
    )}
    <div class="foot">
      <${Theme} />
      <p>${host.data ? `${host.data.caller}, ${host.data.role}` : "…"}</p>
    </div>
  </nav>`;
}

/** Load the palette when it is first asked for. */
async function openPalette() {
  await style("overlay.css");
  (await import("./palette.js")).openPalette();
}

function useKeys() {
  useEffect(() => {
    const pressed = (event) => {
      const typing = event.target.closest?.("input, select, textarea, dialog");
      if ((event.ctrlKey || event.metaKey) && event.key === "k") {
        event.preventDefault();
        openPalette();
      } else if (event.key === "/" && !typing) {
        event.preventDefault();
        const field = document.querySelector("input[type=search]");
        if (field) field.focus();
        else openPalette();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/** After a page change: a new title is told, and the keyboard starts at the page's top. */
function useArrival(path, host) {
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) {
      document.getElementById("main").focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);
  useEffect(() => {
    const [, page, ...rest] = path.split("/");
    const words = [...rest.reverse(), page || "overview", host.data?.name].filter(Boolean);
    document.title = `${words.join(" · ")} · ED`;
  }, [path, host.data?.name]);
}

function App() {
  const path = usePath();
  const host = useHost();
  const [open, setOpen] = useState(false);
  useKeys();
  useArrival(path, host);
  useEffect(() => setOpen(false), [path]);
  return html`<div class="shell" onClick=${followLinks}>
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById("main").focus();
    }}>Skip to content</a>
    <header>
      <button class="menu" aria-expanded=${open} aria-controls="nav" onClick=${() => setOpen(!open)}>
        Menu
      </button>
      <a class="brand" href="/"><span class="dot ${host.error ? "bad" : "ok"}"></span>${
        host.data?.name || "ED"
      }</a>
      <button class="palette" onClick=${openPalette}>Go to … <kbd>Ctrl K</kbd></button>
    </header>
    <${Nav} path=${path} open=${open} host=${host} />
    <main id="main" tabindex="-1">
      ${host.error?.away && html`<${Trouble} error=${host.error} />`}
      <${Page} path=${path} host=${host} />
    </main>
  </div>`;
}

// A file that misses its place must not replace the console.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());

render(html`<${App} />`, document.getElementById("app"));
