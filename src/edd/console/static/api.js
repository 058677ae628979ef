/** The host's API, the same that `edd` uses, and its refusals as errors a page can show. */

/** Why something did not work: the host's problem (RFC 9457), or that nobody answered. */
export class Problem extends Error {
  constructor(status, told = {}) {
    super(told.detail || told.message || `The host answered ${status}.`);
    this.status = status;
    this.code = told.code || "";
    this.kept = told.kept || "";
    this.advice = told.advice || "";
    this.log = [told.log ?? []].flat();
  }

  /** Whether this browser is no longer let in, or the command behind the page has ended. */
  get closed() {
    return this.status === 0 || this.code === "console";
  }

  /** Whether nothing at all can be had: the shell says so once, for all parts of a page. */
  get away() {
    return this.closed || this.code === "host-unreachable";
  }
}

const GONE = {
  detail: "The console was closed: its command has ended.",
  advice: "Run edd console again and open the link it prints.",
};

/** Return what `GET path` answers. Throws `Problem`, or `AbortError` when `signal` says so. */
export async function get(path, signal) {
  return (await request("GET", path, { signal })).json();
}

/** Ask the host to do something that answers when it is done. */
export async function act(method, path) {
  await request(method, path, {});
}

/** Return the answer to a request once it is a success. */
export async function request(method, path, { signal, body, accept = "application/json", headers: more }) {
  const headers = { Accept: accept, ...more };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, signal, headers, body: body && JSON.stringify(body) });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Problem(0, GONE);
  }
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

/** Yield an answer's text as it comes. */
export async function* pieces(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let next; !(next = await reader.read()).done; ) yield next.value;
  } finally {
    reader.cancel().catch(() => {});
  }
}
