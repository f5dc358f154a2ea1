/**
 * The wire under a `ClientSession`: a WebSocket that comes back by itself.
 *
 * A lost connection is opened again after 0.5 s, 1 s, 2 s … 15 s; each new session opens at the moment and pose of now and
 * tells the digests that are still held, so nothing is sent twice. Closes that trying again cannot mend (refused, unknown
 * scene) end it.
 */

import { FrameError } from "./frames";
import type { Look } from "./frames";
import { ClientSession } from "./session";
import type { Budget, Seek, SessionEvent } from "./session";

export type Link =
  | { state: "connecting" }
  | { state: "open" }
  | { state: "waiting"; seconds: number; reason: string }
  | { state: "paused" }
  | { state: "ended"; code: number; reason: string };

export interface Opening {
  scene: string;
  seek: Partial<Seek>;
  view: Omit<Look, "look"> | null;
  budget: Budget;
}

export interface Handlers {
  /** asked at each opening, so that it resumes where the visitor is */
  opening(): Opening;
  held(): string[];
  event(event: SessionEvent): void;
  link(link: Link): void;
}

/** Closes that say no for good; docs/errors.md. */
const FINAL: Record<number, string> = {
  4400: "The server did not understand this viewer.",
  4401: "You need to sign in to see this.",
  4403: "You may not see this.",
  4404: "There is no such scene.",
  4406: "The server speaks another version of the stream.",
  4422: "The moment or the viewpoint was not understood.",
};

const ACK_EVERY_MS = 5;
const FIRST_WAIT_S = 0.5;
const LONGEST_WAIT_S = 15;

export function streamUrl(base: string, opening: Opening, held = 0): string {
  const url = new URL("/stream", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const query = url.searchParams;
  query.set("scene", opening.scene);
  if (opening.seek.at !== undefined) query.set("at", opening.seek.at);
  if (opening.seek.hypothesis != null) query.set("hypothesis", opening.seek.hypothesis);
  if (opening.seek.certainty !== undefined) query.set("certainty", opening.seek.certainty);
  const view = opening.view;
  if (view) {
    const short = (value: number): string => String(Number(value.toFixed(5)));
    query.set("eye", view.eye.map(short).join(","));
    query.set("gaze", view.orientation.map(short).join(","));
    query.set("fov", short(view.fov));
    query.set("size", `${Math.max(1, Math.round(view.height * view.aspect))}x${Math.round(view.height)}`);
  }
  for (const [name, value] of Object.entries(opening.budget)) query.set(name, String(value));
  if (held > 0) query.set("held", String(held));
  return url.href;
}

export class StreamSocket {
  private socket: WebSocket | null = null;
  private session: ClientSession | null = null;
  private timer: number | undefined;
  private failures = 0;
  private stopped = true;
  private earlierBytes = 0;
  private ackTimer: number | undefined;
  private lastAck = 0;
  connections = 0;

  constructor(private readonly handlers: Handlers) {}

  /** Bytes of CHUNK frames over all connections. */
  get chunkBytes(): number {
    return this.earlierBytes + (this.session?.chunkBytes ?? 0);
  }

  get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get lastSeek(): number {
    return this.session?.lastSeek ?? 0;
  }

  get lastLook(): number {
    return this.session?.lastLook ?? 0;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  /** Closes and stays closed until `start`. */
  pause(): void {
    if (this.stopped) return;
    this.stopped = true;
    window.clearTimeout(this.timer);
    this.drop();
    this.handlers.link({ state: "paused" });
  }

  /** Sends what is asked; returns its number, or 0 when there is no connection (the next opening will say it). */
  look(view: Omit<Look, "look">): number {
    return this.send((session) => session.look(view));
  }

  seek(to: Seek): number {
    return this.send((session) => session.seek(to));
  }

  budget(budget: Budget): void {
    this.send((session) => {
      session.budget(budget);
      return 0;
    });
  }

  private send(ask: (session: ClientSession) => number): number {
    if (!this.session || !this.open) return 0;
    const number = ask(this.session);
    this.flush();
    return number;
  }

  private flush(): void {
    if (!this.session || !this.socket || this.socket.readyState !== WebSocket.OPEN) return;
    for (const message of this.session.takeOutput()) this.socket.send(message);
  }

  /** At once, but at most every 5 ms: the server reads round trip and bandwidth off the ACKs. */
  private acknowledge(): void {
    if (!this.session?.ackDue || this.ackTimer !== undefined) return;
    const wait = this.lastAck + ACK_EVERY_MS - performance.now();
    if (wait <= 0) {
      this.lastAck = performance.now();
      this.session.acknowledge();
      return;
    }
    this.ackTimer = window.setTimeout(() => {
      this.ackTimer = undefined;
      this.acknowledge();
      this.flush();
    }, wait);
  }

  private drop(): void {
    window.clearTimeout(this.ackTimer);
    this.ackTimer = undefined;
    const socket = this.socket;
    this.earlierBytes = this.chunkBytes;
    this.socket = null;
    this.session = null;
    if (socket) {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close();
    }
  }

  private connect(): void {
    this.handlers.link({ state: "connecting" });
    const session = new ClientSession();
    const held = this.handlers.held();
    const socket = new WebSocket(streamUrl(location.href, this.handlers.opening(), held.length), "chronotope.v1");
    socket.binaryType = "arraybuffer";
    this.session = session;
    this.socket = socket;
    this.connections += 1;
    socket.onopen = () => {
      if (held.length > 0) session.have(held);
      this.flush();
      this.handlers.link({ state: "open" });
    };
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => {
      let events: SessionEvent[];
      try {
        events = session.receive(message.data);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        console.error("stream:", error.message);
        this.drop();
        this.retry("the stream was damaged");
        return;
      }
      for (const event of events) {
        if (event.type === "hello") this.failures = 0;
        this.handlers.event(event);
      }
      this.acknowledge();
      this.flush();
    };
    socket.onclose = (close) => {
      if (this.socket !== socket) return;
      this.drop();
      const final = FINAL[close.code];
      if (final !== undefined) {
        this.stopped = true;
        this.handlers.link({ state: "ended", code: close.code, reason: final });
      } else {
        this.retry(close.code === 4408 ? "the connection was too slow" : "the connection was lost");
      }
    };
  }

  private retry(reason: string): void {
    if (this.stopped) return;
    const seconds = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** this.failures);
    this.failures += 1;
    this.handlers.link({ state: "waiting", seconds, reason });
    this.timer = window.setTimeout(() => this.connect(), seconds * 1000);
  }
}
