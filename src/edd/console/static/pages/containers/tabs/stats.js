/** Stats: what a container uses, as it uses it. */

import { Chart } from "../../../chart.js";
import { follow, jsonLines } from "../../../follow.js";
import { size } from "../../../format.js";
import { may } from "../../../host.js";
import { html, useEffect, useRef, useState } from "../../../html.js";
import { style } from "../../../late.js";
import { COLUMNS, sampleOf, Samples } from "../../../samples.js";
import { Empty, Table, Trouble } from "../../../ui.js";

await style("stats.css");

const ROWS = 60;
const percent = (part) => (part === null ? "–" : `${part.toFixed(part < 10 ? 2 : 1)} %`);
const bytes = (number) => (number === null ? "–" : size(number));
const pace = (number) => (number === null ? "–" : `${size(number)}/s`);
const moment = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en", { hour12: false });
const whole = (number) => (number === null ? "–" : String(Math.round(number)));

/** Read the statistics of a container while it runs; return how that stands. */
function useSamples(id, running, refresh) {
  const samples = useRef(new Samples());
  const [state, setState] = useState({ stands: "waiting", problem: null, newest: null, turn: 0 });
  useEffect(() => {
    if (!running) return undefined;
    const change = (more) => setState((all) => ({ ...all, ...more }));
    let read = null;
    const told = (words) => {
      const newest = sampleOf(words);
      // Of a container that has stopped the engine goes on telling nothing.
      if (!newest) return refresh();
      samples.current.add(newest);
      return change({ newest });
    };
    return follow(`/containers/${id}/stats?stream=1`, {
      begun: () => (read = jsonLines(told)),
      heard: (piece) => read(piece),
      stands: (stands, problem = null) => change({ stands, problem }),
    });
  }, [id, running, state.turn]);
  return [samples.current, state, () => setState({ ...state, turn: state.turn + 1, problem: null, stands: "waiting" })];
}

function memoryNote(newest, own) {
  if (!newest || newest.memory === null) return "";
  if (own && newest.limit) return `of ${size(newest.limit)} (${percent((newest.memory / newest.limit) * 100)})`;
  return newest.limit ? `no limit but the host's ${size(newest.limit)}` : "no limit";
}

/** What is drawn: a title, the axis, and for each line a column, a name and a note to it. */
function charts(newest, container) {
  const processors = container.HostConfig?.NanoCpus / 1e9;
  return [
    { title: "CPU", least: 1, format: percent, mark: (part) => `${+part.toFixed(2)} %`,
      lines: [["cpu", "", processors ? `limit ${+(processors * 100).toFixed(2)} %` : "100 % is one processor"]] },
    { title: "Memory", least: 1e6, format: bytes, lines: [["memory", "", memoryNote(newest, container.HostConfig?.Memory)]] },
    { title: "Network", least: 1e3, format: pace, lines: [["received", "in"], ["sent", "out"]],
      note: newest && newest.received === null ? "no network of its own"
        : newest && `${size(newest.received)} in, ${size(newest.sent)} out since its start` },
    { title: "Block I/O", least: 1e3, format: pace, lines: [["read", "read"], ["written", "written"]],
      note: newest && newest.read !== null ? `${size(newest.read)} read, ${size(newest.written)} written since its start` : "" },
    { title: "Processes and threads", least: 5, format: whole, mark: (number) => (Number.isInteger(number) ? String(number) : ""),
      lines: [["pids", "", newest?.mostPids ? `of ${newest.mostPids}` : "no limit"]] },
  ];
}

const TONES = ["first", "second"];

function Figure({ chart: { title, least, format, mark = format, lines, note }, samples, at, point }) {
  const row = samples.length ? samples.row(at ?? -1) : {};
  const told = lines.map(([column, name, more]) => [format(row[column] ?? null), name, more]);
  const words = told.map(([value, name]) => `${value} ${name}`.trim()).join(", ");
  const data = [samples.columns[0], ...lines.map(([column]) => samples.columns[COLUMNS.indexOf(column)])];
  return html`<figure class="chart card"><figcaption><h2>${title}</h2>
      ${told.map(([value, name, more], line) => html`<span class="value">${lines.length > 1 &&
        html`<i class="tone ${TONES[line]}"></i>`}${value} ${name}</span>${more && html`<span class="soft">${more}</span>`}`)}
      ${note && html`<span class="soft">${note}</span>`}</figcaption>
    <${Chart} label="${title}, the last minutes; now ${words}" data=${data} tones=${TONES.slice(0, lines.length)}
      least=${least} format=${mark} pointed=${point} /></figure>`;
}

function Rows({ samples }) {
  const rows = Array.from({ length: Math.min(ROWS, samples.length) }, (_, back) => samples.row(-1 - back));
  return html`<div class="samples" tabindex="0" role="region" aria-label="Samples"><${Table} label="The last samples, newest first"
    heads=${["Time", "CPU", "Memory", "Network in", "Network out", "Read", "Written", "Processes"]}
    rows=${rows.filter(({ memory }) => memory !== null).map((row) => ({
      key: row.at,
      cells: [
        moment(row.at), percent(row.cpu), bytes(row.memory), pace(row.received),
        pace(row.sent), pace(row.read), pace(row.written), whole(row.pids),
      ],
    }))} /></div>`;
}

function Stands({ state, samples, at }) {
  if (state.stands === "waiting" && state.problem) return html`<span class="soft">${state.problem.message} It is tried again …</span>`;
  if (at !== null) return html`<span class="soft">At ${moment(samples.row(at).at)}</span>`;
  return html`<span class="soft">${samples.length ? "One sample a second, ten minutes at most" : "The first sample is on its way …"}</span>`;
}

export default function Stats({ id, container, host, refresh }) {
  const running = container.State.Running && !container.State.Restarting;
  const allowed = may(host.data, "deployer");
  const [samples, state, again] = useSamples(id, running && allowed, refresh);
  const [at, point] = useState(null);
  const [table, setTable] = useState(false);
  if (host.data && !allowed) {
    return html`<${Empty} title="Your certificate is for looking only">
      What a container uses is read with the role deployer.<//>`;
  }
  if (!running) {
    return html`<${Empty} title="The container does not run">It uses nothing but its place on the disk. Charts begin when it is started.<//>`;
  }
  if (state.stands === "refused") {
    return html`<${Trouble} error=${state.problem}><div class="buttons"><button onClick=${again}>Try again</button></div><//>`;
  }
  return html`<div data-samples=${samples.length} data-stands=${state.stands}>
    <div class="bar"><button aria-pressed=${table ? "true" : "false"} onClick=${() => setTable(!table)}>As a table</button>
      <${Stands} ...${{ state, samples, at }} />${container.State.Paused && html`<span class="soft">The container is paused.</span>`}</div>
    ${table ? html`<${Rows} samples=${samples} />`
      : html`<div class="charts">${charts(state.newest, container).map(
          (chart) => html`<${Figure} key=${chart.title} ...${{ chart, samples, at, point }} />`)}</div>`}</div>`;
}
