/**
 * A client's session of `chronotope.v1` (docs/protocol.md), Sans-I/O.
 *
 * Feed what arrives to `receive`, get events; ask with `look`, `seek`, `budget`, `have`; send what `takeOutput` gives.
 * The session puts chunks together, keeps the cut from its changes, and acknowledges. It never decodes, never waits and
 * knows no socket; digests are claimed here and checked by whoever stores the bytes. It outlives a connection: where the
 * server resumes it, it goes on with the next message; where not, it forgets everything and begins anew.
 */

import { CHUNK, CUT, EVICT, FrameError, NODES, PACK, PEERS, PLACEMENTS, encodeAck, encodeHave, encodeLook, parseFrame } from "./frames";
import type { ChunkFrame, Content, CutFrame, Encoding, Look, Placement, PlacementsFrame, ServerFrame } from "./frames";
import type { Budget, Certainty, Count, Hello, Stats, Text } from "./texts";
import { parseText } from "./texts";
import { readPeers, readRoom } from "./room";
import type { Peer, RoomMessage } from "./room";

export type { Budget, Certainty, Count, Hello, Stats } from "./texts";
/** A placement as the stream tells it. */
export type StandingPlacement = Placement;

/** What stands at a moment: an answer to the opening or to a seek. */
export interface State {
  state: number;
  seek: number;
  at: string;
  label: string;
  hypothesis: string | null;
  certainty: Certainty;
  /** of all that stands */
  count: Count;
  /** what stands, by number, as far as it was said: it grows while the state lasts */
  placements: ReadonlyMap<number, StandingPlacement>;
}

export interface Seek {
  at: string;
  hypothesis: string | null;
  certainty: Certainty;
}

/** One tile to draw: the file, the placement that says where (or NO_PLACEMENT), and which of its groups not to draw. */
export interface CutTile {
  node: number;
  placement: number;
  digest: string;
  hidden: number;
}

export interface Cut {
  cut: number;
  state: number;
  look: number;
  complete: boolean;
  tiles: readonly CutTile[];
}

/** A file that came whole, as it was sent. `bytes` are the caller's own. */
export interface Arrived {
  content: Content;
  encoding: Encoding;
  digest: string;
  /** bytes once decoded */
  length: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export type SessionEvent =
  | ({ type: "hello" } & Hello)
  | { type: "state"; state: State }
  /** more of what stands in the latest state is known now */
  | { type: "placements"; placements: readonly StandingPlacement[] }
  | { type: "error"; code: string; message: string; seek: number | null }
  | ({ type: "stats" } & Stats)
  | ({ type: "chunk" } & Arrived)
  | { type: "held"; content: Content; digest: string; length: number }
  | ({ type: "cut" } & Cut)
  | { type: "evict"; digests: string[] }
  /** of the room: who is there and where its guide is, or where others are */
  | { type: "room"; message: RoomMessage }
  | { type: "peers"; peers: Peer[] };

interface Assembly {
  digest: string;
  content: Content;
  encoding: Encoding;
  length: number;
  bytes: Uint8Array<ArrayBuffer>;
  received: number;
}

/** Refused before allocating: no tile or texture of ours comes near. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
/** What a session may name by HAVE. */
export const MOST_HAVE = 100_000;

type OneFrame = Exclude<ServerFrame, { kind: typeof PACK }>;

export class ClientSession {
  private readonly output: (string | ArrayBuffer)[] = [];
  private readonly nodes = new Map<number, { placement: number; chunk: number }>();
  /** of chunks that are here whole */
  private readonly digests = new Map<number, string>();
  private readonly assemblies = new Map<number, Assembly>();
  private readonly drawn = new Map<number, CutTile>();
  private placements = new Map<number, StandingPlacement>();
  private state = 0;
  private owesPlacements = false;
  private greeted = false;
  private lookNumber = 0;
  private seekNumber = 0;
  private named = 0;
  private bytes = 0;
  private messages = 0;
  private acknowledged = { messages: 0, bytes: 0 };
  private token: string | null = null;

  /** Bytes of CHUNK messages of this session. */
  get chunkBytes(): number {
    return this.bytes;
  }

  get lastSeek(): number {
    return this.seekNumber;
  }

  get lastLook(): number {
    return this.lookNumber;
  }

  /** What to open the next connection with, so that it goes on here; null where there is nothing to resume. */
  get resume(): { token: string; received: number } | null {
    return this.token === null ? null : { token: this.token, received: this.messages };
  }

  receive(data: string | ArrayBuffer): SessionEvent[] {
    if (typeof data === "string") return this.text(parseText(data));
    const frame = parseFrame(data);
    this.messages += 1;
    return frame.kind === PACK ? frame.messages.flatMap((message) => this.frame(message)) : this.frame(frame);
  }

  look(view: Omit<Look, "look">): number {
    this.lookNumber += 1;
    this.output.push(encodeLook({ look: this.lookNumber, ...view }));
    return this.lookNumber;
  }

  seek(to: Seek): number {
    this.seekNumber += 1;
    this.output.push(JSON.stringify({ type: "seek", seek: this.seekNumber, ...to }));
    return this.seekNumber;
  }

  budget(budget: Budget): void {
    this.output.push(JSON.stringify({ type: "budget", ...budget }));
  }

  /** A message of the room, made by whoever keeps it. */
  say(message: string | ArrayBuffer): void {
    this.output.push(message);
  }

  /** Tells which files are here, so that they are not sent. What goes beyond the session's allowance is left out. */
  have(digests: readonly string[]): void {
    const named = digests.slice(0, MOST_HAVE - this.named);
    this.named += named.length;
    this.output.push(...encodeHave(named));
  }

  /**
   * Whether something came that no ACK has counted yet: tiles, whose ACKs are the server's measure of the link (and
   * placements, of which more may wait for it), or only other messages, which it keeps until then. When to say so is the caller's matter: it has the clock.
   */
  get ackDue(): "tiles" | "talk" | null {
    if (this.owesPlacements || this.bytes > this.acknowledged.bytes) return "tiles";
    return this.messages > this.acknowledged.messages ? "talk" : null;
  }

  acknowledge(): void {
    if (!this.ackDue) return;
    this.acknowledged = { messages: this.messages, bytes: this.bytes };
    this.owesPlacements = false;
    this.output.push(encodeAck(this.messages, this.bytes));
  }

  takeOutput(): (string | ArrayBuffer)[] {
    return this.output.splice(0);
  }

  private text(message: Text): SessionEvent[] {
    if (message.type === "hello") return this.greet(message);
    this.messages += 1;
    switch (message.type) {
      case "state":
        return [{ type: "state", state: this.enter(message) }];
      case "error":
      case "stats":
        return [message];
      case "room":
        return [{ type: "room", message: readRoom(message.message) }];
    }
  }

  private greet(hello: Extract<Text, { type: "hello" }>): SessionEvent[] {
    if (hello.resumed && !this.greeted) throw new FrameError("hello resumes a session that never was");
    if (!hello.resumed) {
      if (this.greeted) this.forget();
      this.messages = 1;
    }
    this.greeted = true;
    this.token = hello.resume || null; // a server that keeps no sessions gives none
    this.acknowledged = { messages: 0, bytes: 0 }; // said once more: the ACK before may be among what was lost
    return [hello];
  }

  private forget(): void {
    for (const map of [this.nodes, this.digests, this.assemblies, this.drawn]) map.clear();
    this.placements = new Map();
    this.lookNumber = this.seekNumber = this.named = this.bytes = this.state = 0;
  }

  private enter(message: Extract<Text, { type: "state" }>): State {
    const placements = new Map(this.placements);
    for (const n of message.gone) placements.delete(n);
    // The state before keeps its own: cuts of it may still be waited for.
    this.placements = placements;
    const { state, seek, at, label, hypothesis, certainty, count } = message;
    this.state = state;
    return { state, seek, at, label, hypothesis, certainty, count, placements };
  }

  private place({ state, placements }: PlacementsFrame): SessionEvent {
    if (state !== this.state) throw new FrameError(`PLACEMENTS of state ${state}, but it is ${this.state}`);
    for (const placement of placements) this.placements.set(placement.n, placement);
    this.owesPlacements = true;
    return { type: "placements", placements };
  }

  private frame(frame: OneFrame): SessionEvent[] {
    switch (frame.kind) {
      case NODES:
        for (const { node, placement, chunk } of frame.nodes) this.nodes.set(node, { placement, chunk });
        return [];
      case CHUNK:
        this.bytes += frame.size;
        return this.chunk(frame);
      case CUT:
        return [this.cut(frame)];
      case EVICT:
        return [{ type: "evict", digests: this.evict(frame.chunks) }];
      case PLACEMENTS:
        return [this.place(frame)];
      case PEERS:
        return [{ type: "peers", peers: readPeers(frame.data) }];
    }
  }

  private cut(frame: CutFrame): SessionEvent {
    for (const node of frame.gone) {
      if (!this.drawn.delete(node)) throw new FrameError(`CUT ${frame.cut}: node ${node} goes, but was not there`);
    }
    frame.shown.forEach((node, i) => {
      const entry = this.nodes.get(node);
      const digest = entry && this.digests.get(entry.chunk);
      if (!entry || digest === undefined) throw new FrameError(`CUT ${frame.cut} names node ${node}, which was not sent`);
      this.drawn.set(node, { node, placement: entry.placement, digest, hidden: frame.hidden[i]! });
    });
    const { cut, state, look, complete } = frame;
    return { type: "cut", cut, state, look, complete, tiles: [...this.drawn.values()] };
  }

  private evict(chunks: Uint32Array): string[] {
    const digests: string[] = [];
    for (const chunk of chunks) {
      const digest = this.digests.get(chunk);
      this.assemblies.delete(chunk);
      if (digest === undefined) continue;
      this.digests.delete(chunk);
      digests.push(digest);
    }
    return digests;
  }

  private chunk(frame: ChunkFrame): SessionEvent[] {
    const { content, digest, length } = frame;
    if (frame.held) {
      if (digest === null || length === null) throw new FrameError(`CHUNK ${frame.chunk} is held, but names no digest`);
      this.digests.set(frame.chunk, digest);
      return [{ type: "held", content, digest, length }];
    }
    const assembly = this.assemble(frame);
    if (!frame.last) return [];
    this.assemblies.delete(frame.chunk);
    this.digests.set(frame.chunk, assembly.digest);
    const { received: _, ...file } = assembly;
    return [{ type: "chunk", ...file }];
  }

  private assemble(frame: ChunkFrame): Assembly {
    const { chunk, content, encoding, digest, length } = frame;
    let assembly = this.assemblies.get(chunk);
    if (digest !== null && length !== null) {
      if (assembly || this.digests.has(chunk)) throw new FrameError(`CHUNK ${chunk} begins twice`);
      if (Math.max(frame.total, length) > MAX_CHUNK_BYTES) throw new FrameError(`CHUNK ${chunk} of ${length} bytes is too large`);
      assembly = { digest, content, encoding, length, bytes: new Uint8Array(frame.total), received: 0 };
      this.assemblies.set(chunk, assembly);
    }
    if (!assembly) throw new FrameError(`CHUNK ${chunk} goes on, but has not begun`);
    if (frame.offset !== assembly.received || frame.total !== assembly.bytes.byteLength || encoding !== assembly.encoding) {
      throw new FrameError(`CHUNK ${chunk}: offset ${frame.offset}, expected ${assembly.received}`);
    }
    assembly.bytes.set(frame.payload, frame.offset);
    assembly.received += frame.payload.byteLength;
    return assembly;
  }
}
