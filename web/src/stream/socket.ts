/**
 * The wire under a `ClientSession`: a WebSocket that comes back by itself.
 *
 * A lost connection is opened again after 0.1 s, 0.5 s, 1 s … 15 s and asks the server to go on with the next message.
 * Where it does not, all begins anew at the moment and pose of now, and the files that are here are named so that nothing
 * is sent twice. Closes that trying again cannot mend (refused, unknown scene) end it.
 */

import { FrameError } from "./frames";
import type { Look } from "./frames";
import { streamUrl } from "./opening";
import type { Opening } from "./opening";
import { ClientSession, MOST_HAVE } from "./session";
import type { Budget, Seek, SessionEvent } from "./session";

export type Link =
  | { state: "connecting" }
  /** `resumed`: the session goes on; what was last asked may have been lost and is to be asked again */
  | { state: "open"; resumed: boolean }
  | { state: "waiting"; seconds: number; reason: string }
  | { state: "paused" }
  | { state: "ended"; code: number; reason: string };

export interface Handlers {
  /** asked at each opening, so that it resumes where the visitor is */
  opening(): Opening;
  /** digests of the files that are here, the most likely wanted first */
  held(): string[];
  event(event: SessionEvent): void;
  link(link: Link): void;
}

/** Closes that say no for good; docs/protocol.md. */
const FINAL: Record<number, string> = {
  4400: "The server did not understand this viewer.",
  4401: "You need to sign in to see this.",
  4403: "You may not see this.",
  4404: "There is no such scene.",
  4406: "The server speaks another version of the stream.",
  4422: "The moment or the viewpoint was not understood.",
};

type Timer = ReturnType<typeof setTimeout>;

const OPEN = 1;
const ACK_EVERY_MS = 5;
const ACK_TALK_MS = 500;
const FIRST_WAIT_S = 0.1;
const SECOND_WAIT_S = 0.5;
const LONGEST_WAIT_S = 15;
const NOT_OF_THE_PROTOCOL = 4400;

export class StreamSocket {
  private socket: WebSocket | null = null;
  private session = new ClientSession();
  private greeted = false;
  private timer: Timer | undefined;
  private failures = 0;
  /** sessions that could not be understood; each makes the next wait longer, whatever greeted us in between */
  private damages = 0;
  private stopped = true;
  private earlierBytes = 0;
  private ackTimer: Timer | undefined;
  private lastAck = 0;
  connections = 0;
  /** connections that went on with the session before */
  resumptions = 0;

  constructor(
    /** address of the page */
    private readonly base: string,
    private readonly handlers: Handlers,
    private readonly dial: (url: string) => WebSocket = (url) => new WebSocket(url, "chronotope.v1"),
  ) {}

  /** Bytes of CHUNK messages over all sessions. */
  get chunkBytes(): number {
    return this.earlierBytes + this.session.chunkBytes;
  }

  get open(): boolean {
    return this.greeted && this.socket?.readyState === OPEN;
  }

  get lastSeek(): number {
    return this.session.lastSeek;
  }

  get lastLook(): number {
    return this.session.lastLook;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  /** Closes and stays closed until `start`, which begins a new session. */
  pause(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.drop();
    this.beginAnew();
    this.handlers.link({ state: "paused" });
  }

  /** Drops the connection and begins a new session at once: something that the server believes of us is not so. */
  restart(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.drop();
    this.beginAnew();
    this.connect();
  }

  /** The machine is online again: there is no sense in waiting any longer. */
  hurry(): void {
    if (this.timer === undefined || this.stopped) return;
    clearTimeout(this.timer);
    this.connect();
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

  /** Names files that are here beyond those named at the opening. */
  have(digests: readonly string[]): void {
    this.send((session) => {
      session.have(digests);
      return 0;
    });
  }

  /** A message of the room; whether there was a connection to send it by. */
  say(message: string | ArrayBuffer): boolean {
    return (
      this.send((session) => {
        session.say(message);
        return 1;
      }) > 0
    );
  }

  private send(ask: (session: ClientSession) => number): number {
    if (!this.open) return 0;
    const number = ask(this.session);
    this.flush();
    return number;
  }

  private flush(): void {
    if (this.socket?.readyState !== OPEN) return;
    for (const message of this.session.takeOutput()) this.socket.send(message);
  }

  /** At once, but at most every 5 ms: the server reads round trip and bandwidth off the ACKs. Other messages can wait. */
  private acknowledge(): void {
    clearTimeout(this.ackTimer);
    const due = this.session.ackDue;
    if (!due) return;
    const wait = this.lastAck + (due === "tiles" ? ACK_EVERY_MS : ACK_TALK_MS) - performance.now();
    if (wait <= 0) {
      this.lastAck = performance.now();
      this.session.acknowledge();
      this.flush();
    } else {
      this.ackTimer = setTimeout(() => this.acknowledge(), wait);
    }
  }

  private drop(code?: number): void {
    clearTimeout(this.ackTimer);
    const socket = this.socket;
    this.socket = null;
    this.greeted = false;
    this.session.takeOutput(); // said to nobody; what still counts is said again
    if (socket) {
      socket.onopen = socket.onclose = socket.onmessage = null;
      socket.close(code);
    }
  }

  private beginAnew(): void {
    this.earlierBytes = this.chunkBytes;
    this.session = new ClientSession();
  }

  private connect(): void {
    this.timer = undefined;
    this.handlers.link({ state: "connecting" });
    const { resume } = this.session;
    const held = this.handlers.held().slice(0, MOST_HAVE);
    const socket = this.dial(streamUrl(this.base, this.handlers.opening(), held.length, resume));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.connections += 1;
    socket.onopen = () => {
      // Where a session may go on, nobody knows yet whether the server has to be told.
      if (!resume) this.session.have(held);
      this.flush();
    };
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => this.receive(message.data, resume ? held : null);
    socket.onclose = (close) => {
      if (this.socket !== socket) return;
      this.drop();
      const final = FINAL[close.code];
      if (final !== undefined) {
        this.stopped = true;
        this.handlers.link({ state: "ended", code: close.code, reason: final });
        return;
      }
      // 4410: somebody goes on in our place.
      if (close.code === 4410) this.beginAnew();
      this.retry(close.code === 4408 ? "the connection was too slow" : "the connection was lost");
    };
  }

  /** `held`: what to name where the server could not go on; null where it was named at the opening. */
  private receive(data: string | ArrayBuffer, held: string[] | null): void {
    const { session } = this;
    const before = session.chunkBytes;
    let events: SessionEvent[];
    try {
      events = session.receive(data);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      console.error("stream:", error.message);
      this.drop(NOT_OF_THE_PROTOCOL);
      this.beginAnew();
      this.failures = Math.max(this.failures, this.damages++);
      this.retry("the stream was damaged");
      return;
    }
    for (const event of events) {
      if (event.type !== "hello") {
        this.handlers.event(event);
        continue;
      }
      this.failures = 0;
      this.greeted = true;
      if (event.resumed) this.resumptions += 1;
      else {
        this.earlierBytes += before;
        if (held) session.have(held);
      }
      this.handlers.event(event);
      this.handlers.link({ state: "open", resumed: event.resumed });
    }
    this.acknowledge();
    this.flush();
  }

  private retry(reason: string): void {
    if (this.stopped) return;
    const again = Math.min(LONGEST_WAIT_S, SECOND_WAIT_S * 2 ** (this.failures - 1));
    const seconds = this.failures === 0 ? FIRST_WAIT_S : again;
    this.failures += 1;
    this.handlers.link({ state: "waiting", seconds, reason });
    this.timer = setTimeout(() => this.connect(), seconds * 1000);
  }
}
