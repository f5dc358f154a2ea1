/**
 * Binary messages of `chronotope.v1` (docs/protocol.md): bytes to values and back. No I/O, no state.
 *
 * Numbers are little-endian; the first byte names the kind. A message that breaks the layout throws `FrameError`: the peer
 * is at fault, and the session closes with 4400. Nothing is allocated by a number that was not compared with the bytes at
 * hand first.
 */

export class FrameError extends Error {
  override name = "FrameError";
}

export const NODES = 0x10;
export const CHUNK = 0x11;
export const CUT = 0x12;
export const EVICT = 0x13;
export const PACK = 0x14;
export const PEERS = 0x15;
export const PLACEMENTS = 0x16;
const LOOK = 0x01;
const ACK = 0x02;
const HAVE = 0x03;

const FIRST = 1;
const LAST = 2;
const HELD = 4;

/** Bytes of the longest binary message. */
export const MAX_FRAME = 65536;
/** Digests in one HAVE; more go into the next. */
const MOST_IN_A_HAVE = 8000;
/** Placement number of a tile that stands for a group of placements: in the scene's own frame, not to be clicked. */
export const NO_PLACEMENT = 0xffffffff;

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
export type Encoding = "identity" | "gzip" | "br";

export interface ChunkFrame {
  kind: typeof CHUNK;
  content: Content;
  encoding: Encoding;
  first: boolean;
  last: boolean;
  /** the client holds these bytes from earlier; no payload */
  held: boolean;
  chunk: number;
  /** bytes as sent, that is encoded */
  total: number;
  offset: number;
  /** lower-case hex sha256 of the decoded file; only in the first frame */
  digest: string | null;
  /** bytes of the decoded file; only in the first frame */
  length: number | null;
  payload: Uint8Array;
  /** bytes of the whole message, kind byte included: what ACK counts */
  size: number;
}

/** A change against the cut before. */
export interface CutFrame {
  kind: typeof CUT;
  complete: boolean;
  cut: number;
  state: number;
  look: number;
  gone: Uint32Array;
  /** nodes that come in, or whose hidden groups change */
  shown: Uint32Array;
  /** of each of `shown`: bit k, group k of the tile is not drawn */
  hidden: Uint32Array;
}

export interface EvictFrame {
  kind: typeof EVICT;
  chunks: Uint32Array;
}

/** Where others in the room are: for whoever keeps the room to read. */
export interface PeersFrame {
  kind: typeof PEERS;
  data: DataView;
}

export type Certainty = "certain" | "possible";

export interface Placement {
  n: number;
  id: string;
  asset: string;
  title: string;
  /** column-major, asset to scene */
  transform: number[];
  certainty: Certainty;
  reliability: string;
}

/** What stands and is new or changed; some of it. */
export interface PlacementsFrame {
  kind: typeof PLACEMENTS;
  state: number;
  placements: Placement[];
}

export interface PackFrame {
  kind: typeof PACK;
  /** in order; none of them is a PACK */
  messages: Exclude<ServerFrame, PackFrame>[];
}

export type ServerFrame = NodesFrame | ChunkFrame | CutFrame | EvictFrame | PeersFrame | PlacementsFrame | PackFrame;

type Triple = readonly [number, number, number];

export interface Look {
  look: number;
  eye: Triple;
  orientation: readonly [number, number, number, number];
  /** vertical field of view, radians */
  fov: number;
  aspect: number;
  /** viewport height, pixels */
  height: number;
  /** of the eye, metres a second, scene frame */
  velocity: Triple;
  /** radians a second, axis × speed, scene frame */
  turning: Triple;
  /** where the eye looks in the view, −1 to 1 left to right, bottom to top; (0, 0): the middle, or not known */
  sight: readonly [number, number];
}

/** Where the eye is and what it takes in; how it moves is apart. */
export type Pose = Pick<Look, "eye" | "orientation" | "fov" | "aspect" | "height">;

const CONTENTS: Record<number, Content> = { 1: "glb", 2: "webp", 3: "jpeg", 4: "png" };
const CERTAINTIES: Record<number, Certainty> = { 1: "possible", 2: "certain" };
const ENCODINGS: Record<number, Encoding> = { 0: "identity", 1: "gzip", 2: "br" };

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The message in `data`. Payloads are views into `data`, not copies. */
export function parseFrame(data: ArrayBuffer): ServerFrame {
  if (data.byteLength > MAX_FRAME) throw new FrameError(`binary message of ${data.byteLength} bytes, at most ${MAX_FRAME}`);
  const view = new DataView(data);
  return data.byteLength > 0 && view.getUint8(0) === PACK ? parsePack(view) : parseOne(view);
}

function parseOne(view: DataView): Exclude<ServerFrame, PackFrame> {
  if (view.byteLength < 1) throw new FrameError("empty binary message");
  const kind = view.getUint8(0);
  switch (kind) {
    case NODES:
      return parseNodes(view);
    case CHUNK:
      return parseChunk(view);
    case CUT:
      return parseCut(view);
    case EVICT:
      return parseEvict(view);
    case PEERS:
      return { kind: PEERS, data: view };
    case PLACEMENTS:
      return parsePlacements(view);
    default:
      throw new FrameError(`unknown binary message kind 0x${kind.toString(16).padStart(2, "0")}`);
  }
}

function need(view: DataView, bytes: number, what: string, exact = true): void {
  if (exact ? view.byteLength !== bytes : view.byteLength < bytes) {
    throw new FrameError(`${what}: ${view.byteLength} bytes, expected ${exact ? "" : "at least "}${bytes}`);
  }
}

function reserved(what: string, ...fields: number[]): void {
  if (fields.some((field) => field !== 0)) throw new FrameError(`${what}: a reserved field is not 0`);
}

function parsePack(view: DataView): PackFrame {
  need(view, 4, "PACK", false);
  reserved("PACK", view.getUint8(1));
  const messages: Exclude<ServerFrame, PackFrame>[] = [];
  let at = 4;
  for (let left = view.getUint16(2, true); left > 0; left--) {
    need(view, at + 4, "PACK", false);
    const length = view.getUint32(at, true);
    need(view, at + 4 + length, "PACK", false);
    messages.push(parseOne(new DataView(view.buffer, view.byteOffset + at + 4, length)));
    at += 4 + length;
  }
  need(view, at, "PACK");
  return { kind: PACK, messages };
}

function parseNodes(view: DataView): NodesFrame {
  need(view, 4, "NODES", false);
  reserved("NODES", view.getUint8(1));
  const count = view.getUint16(2, true);
  need(view, 4 + count * 12, "NODES");
  const nodes: NodeEntry[] = [];
  for (let at = 4; at < view.byteLength; at += 12) {
    nodes.push({
      node: view.getUint32(at, true),
      placement: view.getUint32(at + 4, true),
      chunk: view.getUint32(at + 8, true),
    });
  }
  return { kind: NODES, nodes };
}

function parseChunk(view: DataView): ChunkFrame {
  need(view, 16, "CHUNK", false);
  const content = CONTENTS[view.getUint8(1)];
  if (content === undefined) throw new FrameError(`CHUNK: unknown content ${view.getUint8(1)}`);
  const encoding = ENCODINGS[view.getUint8(2)];
  if (encoding === undefined) throw new FrameError(`CHUNK: unknown encoding ${view.getUint8(2)}`);
  const flags = view.getUint8(3);
  reserved("CHUNK", flags & ~(FIRST | LAST | HELD));
  const first = (flags & FIRST) !== 0;
  const last = (flags & LAST) !== 0;
  const held = (flags & HELD) !== 0;
  const header = first ? 52 : 16;
  need(view, header, "CHUNK", false);
  const chunk = view.getUint32(4, true);
  const total = view.getUint32(8, true);
  const offset = view.getUint32(12, true);
  const length = first ? view.getUint32(48, true) : null;
  const payload = new Uint8Array(view.buffer, view.byteOffset + header, view.byteLength - header);
  const end = offset + payload.byteLength;
  if (total === 0 || length === 0) throw new FrameError("CHUNK: a file of no bytes");
  if (encoding === "identity" && length !== null && length !== total) {
    throw new FrameError(`CHUNK ${chunk}: ${total} bytes as they are, but ${length} decoded`);
  }
  if (first !== (offset === 0)) throw new FrameError("CHUNK: flag 1 belongs to offset 0 and to nothing else");
  if (held && (payload.byteLength > 0 || !first || !last)) throw new FrameError("CHUNK: held, so flags 7 and no payload");
  if (!held && (payload.byteLength === 0 || end > total)) throw new FrameError("CHUNK: no payload, or more than its total");
  if (!held && last !== (end === total)) throw new FrameError("CHUNK: flag 2 belongs to the last piece and to nothing else");
  const digest = first ? hex(new Uint8Array(view.buffer, view.byteOffset + 16, 32)) : null;
  const size = view.byteLength;
  return { kind: CHUNK, content, encoding, first, last, held, chunk, total, offset, digest, length, payload, size };
}

function words(view: DataView, at: number, count: number, step = 4): Uint32Array {
  const result = new Uint32Array(count);
  for (let i = 0; i < count; i++) result[i] = view.getUint32(at + i * step, true);
  return result;
}

function parseCut(view: DataView): CutFrame {
  need(view, 24, "CUT", false);
  reserved("CUT", view.getUint8(1) & ~1, view.getUint16(2, true));
  const gone = view.getUint32(16, true);
  const shown = view.getUint32(20, true);
  need(view, 24 + gone * 4 + shown * 8, "CUT");
  const at = 24 + gone * 4;
  return {
    kind: CUT,
    complete: (view.getUint8(1) & 1) !== 0,
    cut: view.getUint32(4, true),
    state: view.getUint32(8, true),
    look: view.getUint32(12, true),
    gone: words(view, 24, gone),
    shown: words(view, at, shown, 8),
    hidden: words(view, at + 4, shown, 8),
  };
}

function parseEvict(view: DataView): EvictFrame {
  need(view, 8, "EVICT", false);
  reserved("EVICT", view.getUint8(1), view.getUint16(2, true));
  const count = view.getUint32(4, true);
  need(view, 8 + count * 4, "EVICT");
  return { kind: EVICT, chunks: words(view, 8, count) };
}

const PLACEMENT_HEAD = 106;
/** The greatest number in a transform: what is larger stands nowhere. */
const MOST_TRANSFORM = 1e30;

function parsePlacements(view: DataView): PlacementsFrame {
  need(view, 8, "PLACEMENTS", false);
  reserved("PLACEMENTS", view.getUint8(1));
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const placements: Placement[] = [];
  let at = 8;
  const text = (bytes: number): string => {
    need(view, at + bytes, "PLACEMENTS", false);
    const data = new Uint8Array(view.buffer, view.byteOffset + at, bytes);
    at += bytes;
    try {
      return utf8.decode(data);
    } catch {
      throw new FrameError("PLACEMENTS: a text is not UTF-8");
    }
  };
  for (let left = view.getUint16(2, true); left > 0; left--) {
    need(view, at + PLACEMENT_HEAD, "PLACEMENTS", false);
    const head = at;
    at += PLACEMENT_HEAD;
    const certainty = CERTAINTIES[view.getUint8(head + 4)];
    if (certainty === undefined) throw new FrameError(`PLACEMENTS: unknown certainty ${view.getUint8(head + 4)}`);
    const [reliability, id, asset] = [5, 6, 7].map((field) => text(view.getUint8(head + field))) as [string, string, string];
    const title = text(view.getUint16(head + 8, true));
    const transform: number[] = [];
    for (let i = 0; i < 12; i++) {
      const value = view.getFloat64(head + 10 + 8 * i, true);
      if (!(Math.abs(value) <= MOST_TRANSFORM)) throw new FrameError("PLACEMENTS: transform is not finite");
      transform.push(value);
      if (i % 3 === 2) transform.push(i === 11 ? 1 : 0);
    }
    placements.push({ n: view.getUint32(head, true), id, asset, title, transform, certainty, reliability });
  }
  need(view, at, "PLACEMENTS");
  return { kind: PLACEMENTS, state: view.getUint32(4, true), placements };
}

export function encodeLook(look: Look): ArrayBuffer {
  const data = new ArrayBuffer(92);
  const view = new DataView(data);
  view.setUint8(0, LOOK);
  view.setUint32(4, look.look, true);
  look.eye.forEach((value, i) => view.setFloat64(8 + i * 8, value, true));
  const floats = [...look.orientation, look.fov, look.aspect];
  floats.forEach((value, i) => view.setFloat32(32 + i * 4, value, true));
  view.setUint32(56, look.height, true);
  [...look.velocity, ...look.turning, ...look.sight].forEach((value, i) => view.setFloat32(60 + i * 4, value, true));
  return data;
}

/** `messages` of the server received so far, text and binary, and `bytes` of its CHUNK messages. */
export function encodeAck(messages: number, bytes: number): ArrayBuffer {
  const data = new ArrayBuffer(16);
  const view = new DataView(data);
  view.setUint8(0, ACK);
  view.setUint32(4, messages % 2 ** 32, true);
  view.setBigUint64(8, BigInt(bytes), true);
  return data;
}

/** HAVE messages that name these files (hexadecimal sha256), by their first eight bytes. */
export function encodeHave(digests: readonly string[]): ArrayBuffer[] {
  const messages: ArrayBuffer[] = [];
  for (let from = 0; from < digests.length; from += MOST_IN_A_HAVE) {
    const part = digests.slice(from, from + MOST_IN_A_HAVE);
    const data = new ArrayBuffer(8 + part.length * 8);
    const view = new DataView(data);
    view.setUint8(0, HAVE);
    view.setUint32(4, part.length, true);
    part.forEach((digest, i) => {
      view.setUint32(8 + i * 8, parseInt(digest.slice(0, 8), 16));
      view.setUint32(12 + i * 8, parseInt(digest.slice(8, 16), 16));
    });
    messages.push(data);
  }
  return messages;
}
