/**
 * A client's session of `chronotope.v1` (docs/protocol.md), Sans-I/O.
 *
 * Feed what arrives to `receive`, get events; ask with `look`, `seek`, `budget`, `have`; send what `takeOutput` gives.
 * The session assembles chunks, keeps which node is drawn from which chunk, and acknowledges. It never decodes, never
 * waits and knows no socket; digests are claimed here and checked by whoever stores the bytes.
 */

import { CHUNK, CUT, EVICT, FrameError, NODES, encodeAck, encodeLook, parseFrame } from "./frames";
import type { ChunkFrame, Content, Look } from "./frames";

export type Certainty = "certain" | "possible";

/** A placement as the stream tells it. */
export interface StandingPlacement {
  n: number;
  id: string;
  asset: string;
  title: string;
  /** column-major, asset to scene */
  transform: number[];
  certainty: Certainty;
  reliability: string;
}

/** What stands at a moment: an answer to the opening or to a seek. */
export interface State {
  state: number;
  seek: number;
  at: string;
  label: string;
  hypothesis: string | null;
  certainty: Certainty;
  placements: ReadonlyMap<number, StandingPlacement>;
}

export interface Seek {
  at: string;
  hypothesis: string | null;
  certainty: Certainty;
}

export interface Budget {
  bytes: number;
  triangles: number;
  draws: number;
  textures: number;
}

/** One tile to draw: the file, and the placement that says where. */
export interface CutTile {
  node: number;
  placement: number;
  digest: string;
}

export type SessionEvent =
  | { type: "hello"; session: string; scene: string; title: string; window: number }
  | { type: "state"; state: State }
  | { type: "error"; code: string; message: string; seek: number | null }
  | { type: "chunk"; content: Content; digest: string; bytes: Uint8Array }
  | { type: "held"; digest: string }
  | { type: "cut"; cut: number; state: number; look: number; complete: boolean; tiles: CutTile[] }
  | { type: "evict"; digests: string[] };

interface Assembly {
  digest: string;
  content: Content;
  bytes: Uint8Array<ArrayBuffer>;
  received: number;
}

/** Refused before allocating: no tile or texture of ours comes near. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;

export class ClientSession {
  private readonly output: (string | ArrayBuffer)[] = [];
  private readonly nodes = new Map<number, { placement: number; chunk: number }>();
  private readonly digests = new Map<number, string>();
  private readonly assemblies = new Map<number, Assembly>();
  private placements: ReadonlyMap<number, StandingPlacement> = new Map();
  private lookNumber = 0;
  private seekNumber = 0;
  private received = 0;
  private acknowledged = 0;

  /** Bytes of CHUNK frames since the opening. */
  get chunkBytes(): number {
    return this.received;
  }

  get lastSeek(): number {
    return this.seekNumber;
  }

  get lastLook(): number {
    return this.lookNumber;
  }

  receive(data: string | ArrayBuffer): SessionEvent[] {
    return typeof data === "string" ? this.receiveText(data) : this.receiveBinary(data);
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

  /** Tells which files are here from an earlier session, so that they are not sent again. */
  have(digests: string[]): void {
    // The server reads text messages of 64 KiB at most: 67 bytes a digest.
    for (let i = 0; i < digests.length; i += 500) {
      this.output.push(JSON.stringify({ type: "have", digests: digests.slice(i, i + 500) }));
    }
  }

  /** Whether CHUNK frames came that no ACK has counted yet. When to say so is the caller's matter: it has the clock. */
  get ackDue(): boolean {
    return this.received > this.acknowledged;
  }

  acknowledge(): void {
    if (!this.ackDue) return;
    this.acknowledged = this.received;
    this.output.push(encodeAck(this.received));
  }

  takeOutput(): (string | ArrayBuffer)[] {
    return this.output.splice(0);
  }

  private receiveText(text: string): SessionEvent[] {
    let message: Record<string, unknown>;
    try {
      message = JSON.parse(text) as Record<string, unknown>;
    } catch {
      throw new FrameError("a text message is not JSON");
    }
    switch (message["type"]) {
      case "hello": {
        const hello = message as unknown as { session: string; scene: string; title: string; window: number };
        return [{ type: "hello", session: hello.session, scene: hello.scene, title: hello.title, window: hello.window }];
      }
      case "state":
        return [{ type: "state", state: this.apply(message as unknown as StateMessage) }];
      case "error": {
        const error = message as unknown as { code: string; message: string; seek?: number };
        return [{ type: "error", code: error.code, message: error.message, seek: error.seek ?? null }];
      }
      default:
        throw new FrameError(`unknown message type ${JSON.stringify(message["type"])}`);
    }
  }

  private apply(message: StateMessage): State {
    const placements = new Map(this.placements);
    for (const n of message.gone) placements.delete(n);
    for (const placement of message.placements) placements.set(placement.n, placement);
    this.placements = placements;
    return {
      state: message.state,
      seek: message.seek,
      at: message.at,
      label: message.label,
      hypothesis: message.hypothesis ?? null,
      certainty: message.certainty,
      placements,
    };
  }

  private receiveBinary(data: ArrayBuffer): SessionEvent[] {
    const frame = parseFrame(data);
    switch (frame.kind) {
      case NODES:
        for (const { node, placement, chunk } of frame.nodes) this.nodes.set(node, { placement, chunk });
        return [];
      case CHUNK:
        this.received += data.byteLength;
        return this.chunk(frame);
      case CUT: {
        const tiles: CutTile[] = [];
        for (const node of frame.nodes) {
          const entry = this.nodes.get(node);
          const digest = entry && this.digests.get(entry.chunk);
          if (!entry || digest === undefined) throw new FrameError(`CUT names node ${node}, which was not sent`);
          tiles.push({ node, placement: entry.placement, digest });
        }
        return [
          { type: "cut", cut: frame.cut, state: frame.state, look: frame.look, complete: frame.complete, tiles },
        ];
      }
      case EVICT: {
        const digests: string[] = [];
        for (const chunk of frame.chunks) {
          const digest = this.digests.get(chunk);
          this.assemblies.delete(chunk);
          if (digest === undefined) continue;
          this.digests.delete(chunk);
          digests.push(digest);
        }
        return [{ type: "evict", digests }];
      }
    }
  }

  private chunk(frame: ChunkFrame): SessionEvent[] {
    const events: SessionEvent[] = [];
    if (frame.held) {
      if (frame.digest === null) throw new FrameError(`CHUNK ${frame.chunk} is held, but names no digest`);
      this.digests.set(frame.chunk, frame.digest);
      events.push({ type: "held", digest: frame.digest });
    } else {
      const assembly = this.assemble(frame);
      if (frame.last) {
        if (assembly.received !== frame.total) {
          throw new FrameError(`CHUNK ${frame.chunk} ends at ${assembly.received} of ${frame.total} bytes`);
        }
        this.assemblies.delete(frame.chunk);
        this.digests.set(frame.chunk, assembly.digest);
        events.push({ type: "chunk", content: assembly.content, digest: assembly.digest, bytes: assembly.bytes });
      }
    }
    return events;
  }

  private assemble(frame: ChunkFrame): Assembly {
    let assembly = this.assemblies.get(frame.chunk);
    if (frame.first && frame.digest !== null) {
      if (frame.total > MAX_CHUNK_BYTES) throw new FrameError(`CHUNK ${frame.chunk} of ${frame.total} bytes is too large`);
      assembly = { digest: frame.digest, content: frame.content, bytes: new Uint8Array(frame.total), received: 0 };
      this.assemblies.set(frame.chunk, assembly);
    }
    if (!assembly) throw new FrameError(`CHUNK ${frame.chunk} goes on, but has not begun`);
    if (frame.offset !== assembly.received || frame.total !== assembly.bytes.byteLength) {
      throw new FrameError(`CHUNK ${frame.chunk}: offset ${frame.offset}, expected ${assembly.received}`);
    }
    assembly.bytes.set(frame.payload, frame.offset);
    assembly.received += frame.payload.byteLength;
    return assembly;
  }
}

interface StateMessage {
  state: number;
  seek: number;
  at: string;
  label: string;
  hypothesis: string | null;
  certainty: Certainty;
  placements: StandingPlacement[];
  gone: number[];
}
