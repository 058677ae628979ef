/** Push: an image archive from this computer to a deployment. */

import { push, useDelivery } from "../deliveries.js";
import { plain, size } from "../format.js";
import { html } from "../html.js";
import { note } from "../notes.js";
import { Empty } from "../ui.js";

/** Say what is there until the new release is. */
function before(status) {
  if (!status?.release) return "It is started once it has arrived.";
  if (status.state === "stopped") return `Release ${status.release} is stopped; the new one is started in its place.`;
  return `Release ${status.release} serves until the new one is to take over, and again if that one does not become healthy.`;
}

function Sure({ name, file, status, send, forget }) {
  return html`<div class="drop"><h2>Deliver ${plain(file.name)} to ${name}?</h2>
    <p>${size(file.size)}. ${before(status)}
      ${status?.container && " What its container wrote outside volumes is gone for good then."}</p>
    <div class="buttons"><button onClick=${forget}>Cancel</button>
      <button class="primary" onClick=${send}>Deliver</button></div></div>`;
}

function Chooser({ name, choose }) {
  return html`<div class="drop"><h2>Drop an image archive here</h2>
    <p class="soft">A file of <code>docker save</code>, BuildKit, skopeo or kaniko: tar, gzip or zstd.</p>
    <label class="button primary">Choose a file
      <input class="visually-hidden" type="file" accept=".tar,.gz,.tgz,.zst"
        onChange=${(event) => choose(event.target.files[0])} /></label>
    <p class="soft">A browser sends the whole archive; <code>edd push IMAGE ${name}</code> sends only
      what the host lacks.</p></div>`;
}

export default function Push({ name, status, job, allowed, file, setFile, refresh }) {
  const delivery = useDelivery(name);
  if (allowed === false) {
    return html`<section><${Empty} title="Your certificate is for looking only">
      Ask the host's administrator for one with the role deployer.<//></section>`;
  }
  if (delivery && !delivery.ended) return html`<section><p class="soft">One delivery at a time: this one goes on when you leave the page.</p></section>`;
  if (job) return html`<section><p class="soft">Job ${job} is under way: deliver once it has ended.</p></section>`;
  const send = async () => {
    setFile(null);
    const { outcome } = await push(name, file);
    if (outcome) note(outcome.outcome === "unchanged" ? plain(outcome.message) : `${name}: release ${outcome.release} serves.`);
    refresh();
  };
  if (!file) return html`<${Chooser} name=${name} choose=${setFile} />`;
  return html`<${Sure} ...${{ name, file, status, send }} forget=${() => setFile(null)} />`;
}
