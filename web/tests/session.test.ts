import { describe, expect, it } from "vitest";
import { FrameError } from "../src/stream/frames";
import { ClientSession } from "../src/stream/session";
import type { SessionEvent } from "../src/stream/session";

const DIGEST = "cd".repeat(32);

const numbers = (...values: number[]): number[] => [...new Uint8Array(new Uint32Array(values).buffer)];
const message = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const nodes = message(0x10, 0, 1, 0, ...numbers(7, 2, 5));
const evict = message(0x13, 0, 0, 0, ...numbers(1, 5));

/** A piece of chunk 5, three bytes as they are. */
function piece(flags: number, offset: number, payload: number[], total = 3): ArrayBuffer {
  const head = (flags & 1) !== 0 ? [...new Array<number>(32).fill(0xcd), ...numbers(total)] : [];
  return message(0x11, 1, 0, flags, ...numbers(5, total, offset), ...head, ...payload);
}

function cut(number: number, gone: number[], shown: [number, number][]): ArrayBuffer {
  return message(0x12, 1, 0, 0, ...numbers(number, 1, 0, gone.length, shown.length, ...gone, ...shown.flat()));
}

/** PLACEMENTS of a state: a certain placement "p" of asset "a" under each number, at the origin of nothing. */
function placements(state: number, ...ns: number[]): ArrayBuffer {
  const one = (n: number): number[] => [...numbers(n), 2, 2, 1, 1, 0, 0, ...new Array<number>(96).fill(0), ...[..."USpa"].map((letter) => letter.charCodeAt(0))];
  return message(0x16, 0, ns.length, 0, ...numbers(state), ...ns.flatMap(one));
}

const hello = (more: object = {}): string =>
  JSON.stringify({ type: "hello", version: 1, session: "s", scene: "scene_1", title: "", window: 1, resume: "token", resumed: false, budget: { bytes: 1, triangles: 1, draws: 1, textures: 1 }, ...more });

const tilesOf = (events: SessionEvent[]) => events.flatMap((event) => (event.type === "cut" ? event.tiles : []));

describe("a session", () => {
  it("puts a chunk together and names its file in the cut", () => {
    const session = new ClientSession();
    session.receive(nodes);
    expect(session.receive(piece(1, 0, [1, 2]))).toEqual([]);
    expect(session.receive(piece(2, 2, [3]))).toEqual([
      { type: "chunk", content: "glb", encoding: "identity", digest: DIGEST, length: 3, bytes: new Uint8Array([1, 2, 3]) },
    ]);
    expect(session.receive(cut(1, [], [[7, 0]]))).toEqual([
      { type: "cut", cut: 1, state: 1, look: 0, complete: true, tiles: [{ node: 7, placement: 2, digest: DIGEST, hidden: 0 }] },
    ]);
  });

  it("keeps the cut from its changes", () => {
    const session = new ClientSession();
    session.receive(message(0x10, 0, 2, 0, ...numbers(7, 2, 5, 8, 3, 5)));
    session.receive(piece(3, 0, [1, 2, 3]));
    const drawn = (data: ArrayBuffer) => tilesOf(session.receive(data)).map(({ node, hidden }) => [node, hidden]);
    expect(drawn(cut(1, [], [[7, 0]]))).toEqual([[7, 0]]);
    expect(drawn(cut(2, [], [[7, 5], [8, 0]]))).toEqual([[7, 5], [8, 0]]);
    expect(drawn(cut(3, [], []))).toEqual([[7, 5], [8, 0]]);
    expect(drawn(cut(4, [7], [[8, 1]]))).toEqual([[8, 1]]);
    expect(() => session.receive(cut(5, [7], []))).toThrow(FrameError);
  });

  it("takes a chunk that it holds as arrived", () => {
    const session = new ClientSession();
    session.receive(nodes);
    expect(session.receive(piece(7, 0, []))).toEqual([{ type: "held", content: "glb", digest: DIGEST, length: 3 }]);
    expect(tilesOf(session.receive(cut(1, [], [[7, 0]])))).toMatchObject([{ digest: DIGEST }]);
  });

  it("begins a chunk anew after its eviction, and not before", () => {
    const session = new ClientSession();
    session.receive(piece(1, 0, [1, 2]));
    expect(() => session.receive(piece(1, 0, [1, 2]))).toThrow(FrameError);
    session.receive(evict);
    expect(session.receive(piece(3, 0, [4, 5, 6]))).toMatchObject([{ bytes: new Uint8Array([4, 5, 6]) }]);
    expect(() => session.receive(piece(3, 0, [4, 5, 6]))).toThrow(FrameError);
    expect(session.receive(evict)).toEqual([{ type: "evict", digests: [DIGEST] }]);
    expect(session.receive(piece(3, 0, [4, 5, 6]))).toHaveLength(1);
  });

  it("refuses a cut that names what was not sent, and a chunk with a gap", () => {
    expect(() => new ClientSession().receive(cut(1, [], [[7, 0]]))).toThrow(FrameError);
    const session = new ClientSession();
    session.receive(piece(1, 0, [1], 4));
    expect(() => session.receive(piece(2, 2, [3, 4], 4))).toThrow(FrameError);
  });

  it("refuses a file that would fill the memory, before there is any room made for it", () => {
    const head = [...new Array<number>(32).fill(0xcd), ...numbers(0xffffffff)];
    const bomb = message(0x11, 1, 1, 1, ...numbers(5, 4, 0), ...head, 1, 2);
    expect(() => new ClientSession().receive(bomb)).toThrow(/too large/);
  });

  it("reads a pack as its messages, in order", () => {
    const session = new ClientSession();
    const parts = [nodes, piece(3, 0, [1, 2, 3]), cut(1, [], [[7, 0]])];
    const inner = parts.flatMap((part) => [...numbers(part.byteLength), ...new Uint8Array(part)]);
    const events = session.receive(message(0x14, 0, 3, 0, ...inner));
    expect(events.map((event) => event.type)).toEqual(["chunk", "cut"]);
    session.acknowledge();
    const ack = new DataView(session.takeOutput()[0] as ArrayBuffer);
    expect([ack.getUint32(4, true), ack.getBigUint64(8, true)]).toEqual([1, 55n]); // one message; the CHUNK in it
  });

  it("carries placements from state to state, and takes more of them while a state lasts", () => {
    const session = new ClientSession();
    const state = (number: number, gone: number[]): string =>
      JSON.stringify({ type: "state", state: number, seek: 0, at: "-0430", label: "", hypothesis: null, certainty: "possible", count: { certain: 2, possible: 0 }, gone });
    const entered = (number: number, gone: number[]) => {
      const [event] = session.receive(state(number, gone));
      if (event?.type !== "state") throw new Error("no state");
      return event.state;
    };
    const first = entered(1, []);
    expect(first.count).toEqual({ certain: 2, possible: 0 });
    expect(session.receive(placements(1, 1, 2))).toMatchObject([{ type: "placements", placements: [{ n: 1, id: "p" }, { n: 2 }] }]);
    expect([...first.placements.keys()]).toEqual([1, 2]);
    const second = entered(2, [1]);
    session.receive(placements(2, 3));
    expect([...second.placements.keys()]).toEqual([2, 3]);
    expect([...first.placements.keys()]).toEqual([1, 2]); // cuts of it may still be waited for
    expect(() => session.receive(placements(1, 4))).toThrow(FrameError);
  });

  it("acknowledges placements at once, because more may wait for it", () => {
    const session = new ClientSession();
    session.receive(hello());
    session.receive(JSON.stringify({ type: "state", state: 1, seek: 0, at: "", label: "", hypothesis: null, certainty: "possible", count: { certain: 1, possible: 0 }, gone: [] }));
    expect(session.ackDue).toBe("talk");
    session.receive(placements(1, 1));
    expect(session.ackDue).toBe("tiles");
    session.acknowledge();
    expect(session.ackDue).toBeNull();
  });

  it("acknowledges whole messages, once, and knows which ACK is pressing", () => {
    const session = new ClientSession();
    session.receive(hello());
    expect(session.ackDue).toBe("talk");
    session.receive(piece(1, 0, [1, 2]));
    expect(session.ackDue).toBe("tiles");
    session.acknowledge();
    session.acknowledge();
    expect(session.ackDue).toBeNull();
    const output = session.takeOutput();
    expect(output).toHaveLength(1);
    expect(new DataView(output[0] as ArrayBuffer).getUint32(4, true)).toBe(2);
    expect(new DataView(output[0] as ArrayBuffer).getBigUint64(8, true)).toBe(54n);
  });

  it("goes on where it was when the server resumes it", () => {
    const session = new ClientSession();
    expect(session.resume).toBeNull();
    session.receive(hello());
    session.receive(nodes);
    session.receive(piece(1, 0, [1, 2]));
    session.acknowledge();
    expect(session.resume).toEqual({ token: "token", received: 3 });
    expect(session.receive(hello({ resumed: true }))).toMatchObject([{ type: "hello", resumed: true }]);
    expect(session.resume).toEqual({ token: "token", received: 3 }); // the greeting itself is not of the session
    expect(session.ackDue).not.toBeNull(); // the ACK before may have been lost
    expect(session.receive(piece(2, 2, [3]))).toMatchObject([{ bytes: new Uint8Array([1, 2, 3]) }]);
  });

  it("forgets everything when the server does not", () => {
    const session = new ClientSession();
    session.receive(hello());
    session.seek({ at: "-0430", hypothesis: null, certainty: "possible" });
    session.receive(nodes);
    session.receive(piece(3, 0, [1, 2, 3]));
    session.receive(hello({ resume: "another" }));
    expect(session.resume).toEqual({ token: "another", received: 1 });
    expect([session.lastSeek, session.chunkBytes]).toEqual([0, 0]);
    expect(() => session.receive(cut(1, [], [[7, 0]]))).toThrow(FrameError);
    expect(() => new ClientSession().receive(hello({ resumed: true }))).toThrow(FrameError);
  });

  it("names no more files than a session may", () => {
    const session = new ClientSession();
    session.have(new Array<string>(60_000).fill(DIGEST));
    session.have(new Array<string>(60_000).fill(DIGEST));
    const named = session.takeOutput().map((data) => new DataView(data as ArrayBuffer).getUint32(4, true));
    expect(named.reduce((sum, count) => sum + count, 0)).toBe(100_000);
  });

  it.each(["[]", "null", "{", '{"type":"what"}', '{"type":"hello"}', '{"type":"state","state":-1}'])("refuses the text %s", (text) => {
    expect(() => new ClientSession().receive(text)).toThrow(FrameError);
  });
});
