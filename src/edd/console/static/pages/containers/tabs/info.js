/** What a container is: all that is worth a look, and what can be changed of it at any time. */

import { count, plain, short } from "../../../format.js";
import { may } from "../../../host.js";
import { html } from "../../../html.js";
import { Ago, Facts, Table } from "../../../ui.js";
import { Port, useAddress } from "../address.js";
import { inspectedPorts } from "../facts.js";
import { Change } from "./change.js";
import { join } from "../../../words.js";

const MOST = 300;
const code = (words) => words && html`<code>${plain(words)}</code>`;

/** A command line, which may be long. */
const line = (words) => words && html`<code class="wide">${plain(join([words ?? []].flat()))}</code>`;

/** The restart policy in words. */
function policy({ Name, MaximumRetryCount: most } = {}) {
  return (Name || "no") + (most ? `, at most ${most} times` : "");
}

function facts({ Id, Image, Created, State, Config, HostConfig, RestartCount }) {
  const health = State.Health;
  return [
    ["Id", html`<code title=${Id}>${short(Id)}</code>`],
    ["Image", code(Config.Image)],
    ["Image's id", html`<code title=${Image}>${short(Image)}</code>`],
    ["Created", html`<${Ago} at=${Created} />`],
    ["Started", html`<${Ago} at=${State.StartedAt} />`],
    ["Ended", Date.parse(State.FinishedAt) > 0 ? html`<${Ago} at=${State.FinishedAt} />` : ""],
    ["Exit code", State.Running ? "" : String(State.ExitCode)],
    ["Out of memory", State.OOMKilled ? "killed for it" : ""],
    ["Error", State.Error && plain(State.Error)],
    ["Health", health ? `${health.Status}${health.FailingStreak ? `, ${health.FailingStreak} failures in a row` : ""}` : "not checked"],
    ["Process", State.Pid || ""],
    ["Restart policy", policy(HostConfig.RestartPolicy)],
    ["Restarted", RestartCount ? count(RestartCount, "time") : ""],
    ["User", plain(Config.User || "root")],
    ["Host name", plain([Config.Hostname, Config.Domainname].filter(Boolean).join("."))],
    ["Working directory", code(Config.WorkingDir)],
    ["Terminal", [Config.Tty && "yes", Config.OpenStdin && "reads input"].filter(Boolean).join(", ") || "no"],
    ["Privileged", HostConfig.Privileged ? "yes" : "no"],
    ["Network", plain(HostConfig.NetworkMode)],
    ["Removed when it ends", HostConfig.AutoRemove ? "yes" : ""],
    ["Entrypoint", line(Config.Entrypoint)],
    ["Command", line(Config.Cmd)],
  ];
}

function Part({ title, empty, children }) {
  return html`<section><h2>${title}</h2>${empty ? html`<p class="soft">${empty}</p>` : children}</section>`;
}

/** What is not shown of a list that is too long. */
function More({ items }) {
  return items.length > MOST && html`<p class="soft">And ${items.length - MOST} more, as Inspect has them.</p>`;
}

function List({ items }) {
  return html`<ul class="card items">${items.slice(0, MOST).map((words) => html`<li><code>${plain(words)}</code></li>`)}</ul>
    <${More} items=${items} />`;
}

function Ports({ container }) {
  const address = useAddress();
  const rows = inspectedPorts(container, address);
  return html`<${Part} title="Ports" empty=${!rows.length && "It has none."}>
    <${Table} label="Ports" heads=${["Port of the container", "Published at"]} rows=${rows.slice(0, MOST).map(({ inner, ports }) => ({
      key: inner,
      cells: [inner, ports.length
        ? html`<span class="ports">${ports.map((port) => html`<${Port} port=${port} /> `)}</span>`
        : html`<span class="soft">not published</span>`],
    }))} /><${More} items=${rows} /><//>`;
}

function Mounts({ mounts }) {
  const rows = mounts.map(({ Type, Name, Source, Destination, RW, Mode, Propagation }) => ({
    key: Destination,
    cells: [
      code(Destination),
      Type,
      Type === "volume" ? html`<a href="/volumes/${encodeURIComponent(Name)}"><code>${plain(Name)}</code></a>` : code(Source) || "–",
      [RW ? "read and write" : "read only", Mode, Propagation].filter(Boolean).join(", "),
    ],
  }));
  return html`<${Part} title="Mounts" empty=${!rows.length && "It has none."}>
    <${Table} label="Mounts" heads=${["In the container", "Kind", "From", "How"]} rows=${rows} /><//>`;
}

const devices = (all) => (all || []).map(({ PathOnHost, PathInContainer, CgroupPermissions }) =>
  `${PathOnHost}:${PathInContainer}:${CgroupPermissions}`);
const pairs = (all, sign = "=") => Object.entries(all || {}).map(([name, value]) => (value ? `${name}${sign}${value}` : name));

/** What only some containers have. */
function rest({ Config, HostConfig }) {
  return [
    ["Links", (HostConfig.Links || []).map((link) => link.split("/").filter(Boolean).at(-1) + " → " + link.split(":")[0].slice(1))],
    ["Devices", devices(HostConfig.Devices)],
    ["Memory file systems", pairs(HostConfig.Tmpfs, ":")],
    ["Name servers", [...(HostConfig.Dns || []), ...(HostConfig.DnsSearch || []).map((name) => `search ${name}`),
      ...(HostConfig.DnsOptions || []).map((name) => `option ${name}`)]],
    ["Host names of its own", HostConfig.ExtraHosts || []],
    ["Kernel settings", pairs(HostConfig.Sysctls)],
    ["Labels", pairs(Config.Labels)],
  ].filter(([, items]) => items.length);
}

function Probe({ health }) {
  const last = health?.Log?.at(-1);
  if (!last?.Output) return null;
  return html`<${Part} title="Last health check"><pre class="card inspect" tabindex="0">${plain(last.Output)}</pre><//>`;
}

export default function Info({ id, container, host, refresh }) {
  const sees = may(host.data, "deployer");
  const env = container.Config.Env || [];
  const hidden = host.data && !sees && "Not shown to viewers: it may have secrets.";
  return html`<div class="card"><${Facts} pairs=${facts(container)} /></div>
    ${may(host.data, "admin") && html`<${Part} title="Change"><${Change} ...${{ id, container, refresh }} /><//>`}
    <${Ports} container=${container} />
    <${Mounts} mounts=${container.Mounts || []} />
    <${Part} title="Environment" empty=${hidden || (!env.length && "It has none.")}><${List} items=${env} /><//>
    ${rest(container).map(([title, items]) => html`<${Part} key=${title} title=${title}><${List} items=${items} /><//>`)}
    <${Probe} health=${container.State.Health} />`;
}
