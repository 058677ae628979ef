/** What was delivered to a deployment, and the way back to it. */

import { ask } from "../ask.js";
import { request } from "../api.js";
import { rollback } from "../deliveries.js";
import { plain, short, size } from "../format.js";
import { html } from "../html.js";
import { useLive } from "../live.js";
import { note } from "../notes.js";
import { Ago, Badge, Empty, Loaded, Table } from "../ui.js";

const KINDS = { current: "ok", failed: "bad", pending: "busy", withdrawn: "warn", superseded: "off" };

/** Ask what a return to `release` would cost: the host knows whether the deployment is away. */
async function foresee(name, release) {
  try {
    const body = { image: release.config, bytes: 0 };
    const answer = await request("POST", `/v1/deployments/${name}/plan`, { body });
    return (await answer.json()).downtime;
  } catch {
    return "";
  }
}

async function goBack(name, release, status, refresh) {
  const away = release.config ? await foresee(name, release) : "";
  const loses = [
    status.release && `Release ${status.release} stops serving, and a plain rollback does not return to it.`,
    `Release ${release.number} (image ${short(release.image)}, delivered by ${release.caller}) serves in its place, once it is healthy.`,
    status.container && "What the running container wrote outside volumes is gone for good.",
    away && `It is away meanwhile: ${plain(away)}`,
  ].filter(Boolean);
  const title = `Roll ${name} back to release ${release.number}?`;
  if (!(await ask({ title, loses, action: "Roll back" }))) return;
  const { outcome } = await rollback(name, release.number);
  if (outcome) note(outcome.outcome === "unchanged" ? plain(outcome.message) : `${name} is back at release ${release.number}.`);
  refresh();
}

function Back({ name, release, status, job, allowed, refresh }) {
  if (release.state === "current" || release.state === "pending") return "–";
  const why = release.state === "failed"
    ? plain(release.detail || "It never served")
    : !release.kept
      ? "Its image is no longer on the host"
      : allowed ? "" : "Your certificate is for looking only";
  if (why) return html`<span class="soft">${why}</span>`;
  return html`<button disabled=${!status || job} aria-label="Roll back to release ${release.number}"
    onClick=${() => goBack(name, release, status, refresh)}>Roll back</button>`;
}

/** The tab with all releases. */
export function Releases({ name, status, job, allowed, refresh }) {
  const live = useLive(`/v1/deployments/${name}/releases`, 3);
  const row = (release) => ({
    key: release.number,
    cells: [
      `Release ${release.number}`,
      html`<${Badge} kind=${KINDS[release.state] || "off"}>${release.state}<//>`,
      html`<code>${short(release.image)}</code>`,
      release.size ? size(release.size) : "–",
      release.caller,
      html`<${Ago} at=${release.created_at} />`,
      html`<${Back} ...${{ name, release, status, job, allowed, refresh }} />`,
    ],
  });
  // Who may do what decides on how wide the columns are.
  const known = allowed !== undefined && (status || live.error);
  return html`<section><${Loaded} live=${known ? live : {}}>${(all) =>
    all.length
      ? html`<${Table} label="Releases" heads=${["Release", "State", "Image", "Size", "By", "Delivered", "Way back"]} rows=${all.map(row)} />`
      : html`<${Empty} title="Nothing was delivered yet">Drop an image archive here, choose one
          under <a href="/deployments/${name}/push">Push</a>, or run <code>edd push IMAGE ${name}</code>.<//>`}<//></section>`;
}
