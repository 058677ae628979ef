/** What the engine says of itself. */

import { useEngine } from "../../engine.js";
import { plain, size } from "../../format.js";
import { html } from "../../html.js";
import { Few, Inspect } from "../../parts.js";
import { Facts, Loaded } from "../../ui.js";

const words = (value) => value && plain(value);
const code = (all) => (all ?? []).map((one) => html`<code>${plain(one)}</code>`);

function facts(info) {
  const { RegistryConfig: registry = {} } = info;
  const insecure = Object.values(registry.IndexConfigs ?? {}).filter(({ Secure }) => Secure === false);
  return [
    ["CPUs", info.NCPU],
    ["Memory", size(info.MemTotal ?? 0)],
    ["Operating system", words(info.OperatingSystem)],
    ["Kernel", words(info.KernelVersion)],
    ["Storage driver", words(info.Driver)],
    ["Logging driver", words(info.LoggingDriver)],
    ["Control groups", words([info.CgroupDriver, info.CgroupVersion && `version ${info.CgroupVersion}`].filter(Boolean).join(", "))],
    ["Runs by", words(info.DefaultRuntime)],
    ["Swarm", words(info.Swarm?.LocalNodeState)],
    ["Index server", words(info.IndexServerAddress)],
    ["Registry mirrors", html`<${Few} items=${code(registry.Mirrors)} none="none" />`],
    ["Registries without TLS", html`<${Few} items=${code(insecure.map(({ Name }) => Name))} none="none" />`],
    ["Warnings", info.Warnings?.length ? html`<${Few} items=${info.Warnings.map((one) => plain(one))} most=${10} />` : ""],
  ];
}

/** The part of the settings about the engine: what is asked most, and all of it. */
export function Engine({ info }) {
  const closed = info.settings?.gateway === "off";
  const live = useEngine(closed ? "" : "/info", 30);
  const version = useEngine(closed ? "" : "/version", 60);
  return html`<section><h2>The engine</h2>${closed
    ? html`<p class="soft">This host's configuration does not open it.</p>`
    : html`<${Loaded} live=${live} rows=${5}>${(all) => html`<div class="card"><${Facts} pairs=${facts(all)} /></div>
        <${Inspect} data=${{ version: version.data, info: all }} title="Everything it says of itself" />`}<//>`}</section>`;
}
