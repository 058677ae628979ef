/** The engine's streams, below `/ws/`: a WebSocket carries them both ways (ADR 0028). */

const encoder = new TextEncoder();

/** Bytes of one message: the host refuses more than 128 KiB. */
const LARGEST = 64 << 10;

/** Bytes on their way out before more input waits. */
const AHEAD = 256 << 10;

const ENDS = {
  1000: "",
  1001: "The host's daemon ended.",
  1006: "The link to the host broke.",
  1009: "A message was too large.",
  1011: "The engine broke off.",
};

/** A stream of the engine, and where it stands. */
export class Stream {
  /**
   * Open the stream at `path`, such as `/exec/ID/start`.
   *
   * `began()` is called once it flows; `came(bytes, errors)` with what was written, `errors` where
   * that was to standard error; `ended({ words, status })` once: `words` say why, none after a good
   * end; `status` is the engine's where it refused.
   */
  constructor(path, { began = () => {}, came, ended }) {
    this.waiting = [];
    this.paused = false;
    this.framed = false;
    this.refusal = "";
    this.socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws${path}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") return this.told(JSON.parse(data), began);
      const bytes = new Uint8Array(data);
      return this.framed ? came(bytes.subarray(1), bytes[0] === 2) : came(bytes, false);
    };
    this.socket.onclose = ({ code, reason }) => {
      this.waiting = [];
      const words = this.refusal || (ENDS[code] ?? (reason || `The stream was closed (${code}).`));
      ended({ words, status: code > 4000 ? code - 4000 : 0 });
    };
  }

  told({ stream, error }, began) {
    if (error !== undefined) {
      this.refusal = error || "The engine refused.";
      return;
    }
    this.framed = stream === "framed";
    began();
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Send input, text or bytes, in order and in pieces; more waits while the link is full. */
  send(input) {
    const bytes = typeof input === "string" ? encoder.encode(input) : input;
    for (let from = 0; from < bytes.length; from += LARGEST) {
      this.waiting.push(bytes.subarray(from, from + LARGEST));
    }
    this.flow();
  }

  /** End the input; output goes on. */
  eof() {
    this.waiting.push("eof");
    this.flow();
  }

  flow() {
    clearTimeout(this.timer);
    while (this.waiting.length && this.open) {
      if (this.socket.bufferedAmount > AHEAD) {
        this.timer = setTimeout(() => this.flow(), 20);
        return;
      }
      this.socket.send(this.waiting.shift());
    }
  }

  /** Hold the output up at its source, or let it go on; what is on its way still comes. */
  pause(paused) {
    if (this.paused === paused || !this.open) return;
    this.paused = paused;
    this.socket.send(paused ? "pause" : "resume");
  }

  close() {
    this.socket.close();
  }
}
