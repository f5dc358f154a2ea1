/**
 * Binary frames of `chronotope.v1` (docs/protocol.md): bytes to values and back. No I/O, no state.
 *
 * Numbers are little-endian; the first byte names the kind. A frame that breaks the layout throws `FrameError`: the peer
 * is at fault, and the session closes.
 */

export class FrameError extends Error {
  override name = "FrameError";
}

export const NODES = 0x10;
export const CHUNK = 0x11;
export const CUT = 0x12;
export const EVICT = 0x13;
const LOOK = 0x01;
const ACK = 0x02;

const FIRST = 1;
const LAST = 2;
const HELD = 4;

/** One tile of one placement, and the file it is drawn from. */
export interface NodeEntry {
  node: number;
  placement: number;
  chunk: number;
}

export interface NodesFrame {
  kind: typeof NODES;
  nodes: NodeEntry[];
}

export type Content = "glb" | "webp" | "jpeg" | "png";

export interface ChunkFrame {
  kind: typeof CHUNK;
  content: Content;
  first: boolean;
  last: boolean;
  /** the client holds these bytes from earlier; no payload */
  held: boolean;
  chunk: number;
  total: number;
  offset: number;
  /** lower-case hex sha256 of the whole file; only in the first frame */
  digest: string | null;
  payload: Uint8Array;
}

export interface CutFrame {
  kind: typeof CUT;
  complete: boolean;
  cut: number;
  state: number;
  look: number;
  nodes: Uint32Array;
}

export interface EvictFrame {
  kind: typeof EVICT;
  chunks: Uint32Array;
}

export type ServerFrame = NodesFrame | ChunkFrame | CutFrame | EvictFrame;

export interface Look {
  look: number;
  eye: readonly [number, number, number];
  orientation: readonly [number, number, number, number];
  /** vertical field of view, radians */
  fov: number;
  aspect: number;
  /** viewport height, pixels */
  height: number;
}

const CONTENTS: Record<number, Content> = { 1: "glb", 2: "webp", 3: "jpeg", 4: "png" };

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The frame in `data`. Payloads are views into `data`, not copies. */
export function parseFrame(data: ArrayBuffer): ServerFrame {
  const view = new DataView(data);
  if (data.byteLength < 1) throw new FrameError("empty frame");
  const kind = view.getUint8(0);
  switch (kind) {
    case NODES:
      return parseNodes(view);
    case CHUNK:
      return parseChunk(view, data);
    case CUT:
      return parseCut(view);
    case EVICT:
      return parseEvict(view);
    default:
      throw new FrameError(`unknown frame kind 0x${kind.toString(16)}`);
  }
}

function need(view: DataView, bytes: number, what: string, exact = true): void {
  if (exact ? view.byteLength !== bytes : view.byteLength < bytes) {
    throw new FrameError(`${what}: ${view.byteLength} bytes, expected ${exact ? "" : "at least "}${bytes}`);
  }
}

function parseNodes(view: DataView): NodesFrame {
  need(view, 4, "NODES", false);
  const count = view.getUint16(2, true);
  need(view, 4 + count * 12, "NODES");
  const nodes: NodeEntry[] = [];
  for (let i = 0; i < count; i++) {
    const at = 4 + i * 12;
    nodes.push({
      node: view.getUint32(at, true),
      placement: view.getUint32(at + 4, true),
      chunk: view.getUint32(at + 8, true),
    });
  }
  return { kind: NODES, nodes };
}

function parseChunk(view: DataView, data: ArrayBuffer): ChunkFrame {
  need(view, 16, "CHUNK", false);
  const content = CONTENTS[view.getUint8(1)];
  if (content === undefined) throw new FrameError(`CHUNK: unknown content ${view.getUint8(1)}`);
  const encoding = view.getUint8(2);
  if (encoding !== 0) throw new FrameError(`CHUNK: unknown encoding ${encoding}`);
  const flags = view.getUint8(3);
  const first = (flags & FIRST) !== 0;
  const header = first ? 48 : 16;
  need(view, header, "CHUNK", false);
  const total = view.getUint32(8, true);
  const offset = view.getUint32(12, true);
  const payload = new Uint8Array(data, header);
  if (offset + payload.byteLength > total) {
    throw new FrameError(`CHUNK: ${offset} + ${payload.byteLength} bytes run past its length ${total}`);
  }
  return {
    kind: CHUNK,
    content,
    first,
    last: (flags & LAST) !== 0,
    held: (flags & HELD) !== 0,
    chunk: view.getUint32(4, true),
    total,
    offset,
    digest: first ? hex(new Uint8Array(data, 16, 32)) : null,
    payload,
  };
}

function words(view: DataView, at: number, count: number): Uint32Array {
  const result = new Uint32Array(count);
  for (let i = 0; i < count; i++) result[i] = view.getUint32(at + i * 4, true);
  return result;
}

function parseCut(view: DataView): CutFrame {
  need(view, 20, "CUT", false);
  const count = view.getUint32(16, true);
  need(view, 20 + count * 4, "CUT");
  return {
    kind: CUT,
    complete: (view.getUint8(1) & 1) !== 0,
    cut: view.getUint32(4, true),
    state: view.getUint32(8, true),
    look: view.getUint32(12, true),
    nodes: words(view, 20, count),
  };
}

function parseEvict(view: DataView): EvictFrame {
  need(view, 8, "EVICT", false);
  const count = view.getUint32(4, true);
  need(view, 8 + count * 4, "EVICT");
  return { kind: EVICT, chunks: words(view, 8, count) };
}

export function encodeLook(look: Look): ArrayBuffer {
  const data = new ArrayBuffer(60);
  const view = new DataView(data);
  view.setUint8(0, LOOK);
  view.setUint32(4, look.look, true);
  look.eye.forEach((value, i) => view.setFloat64(8 + i * 8, value, true));
  look.orientation.forEach((value, i) => view.setFloat32(32 + i * 4, value, true));
  view.setFloat32(48, look.fov, true);
  view.setFloat32(52, look.aspect, true);
  view.setUint32(56, look.height, true);
  return data;
}

/** `bytes` of CHUNK frames, whole messages, received since the opening. */
export function encodeAck(bytes: number): ArrayBuffer {
  const data = new ArrayBuffer(16);
  const view = new DataView(data);
  view.setUint8(0, ACK);
  view.setBigUint64(8, BigInt(bytes), true);
  return data;
}
