import { describe, expect, it } from "vitest";
import { FrameError } from "../src/stream/frames";
import { ClientSession } from "../src/stream/session";

const DIGEST = "cd".repeat(32);

function chunkFrame(flags: number, offset: number, total: number, payload: number[]): ArrayBuffer {
  const first = (flags & 1) !== 0;
  const data = new Uint8Array((first ? 48 : 16) + payload.length);
  data.set([0x11, 1, 0, flags, 5]);
  new DataView(data.buffer).setUint32(8, total, true);
  new DataView(data.buffer).setUint32(12, offset, true);
  if (first) data.fill(0xcd, 16, 48);
  data.set(payload, first ? 48 : 16);
  return data.buffer;
}

const nodes = new Uint8Array([0x10, 0, 1, 0, 7, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0]).buffer;
const cut = new Uint8Array([0x12, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]).buffer;

describe("a session", () => {
  it("puts a chunk together and names its file in the cut", () => {
    const session = new ClientSession();
    session.receive(nodes);
    expect(session.receive(chunkFrame(1, 0, 3, [1, 2]))).toEqual([]);
    expect(session.receive(chunkFrame(2, 2, 3, [3]))).toEqual([
      { type: "chunk", content: "glb", digest: DIGEST, bytes: new Uint8Array([1, 2, 3]) },
    ]);
    expect(session.receive(cut)).toEqual([
      { type: "cut", cut: 1, state: 1, look: 0, complete: true, tiles: [{ node: 7, placement: 2, digest: DIGEST }] },
    ]);
  });

  it("takes a chunk that it holds as arrived", () => {
    const session = new ClientSession();
    session.receive(nodes);
    expect(session.receive(chunkFrame(7, 0, 3, []))).toEqual([{ type: "held", digest: DIGEST }]);
    expect(session.receive(cut)[0]).toMatchObject({ tiles: [{ digest: DIGEST }] });
  });

  it("begins a chunk anew after its eviction", () => {
    const session = new ClientSession();
    session.receive(chunkFrame(1, 0, 3, [1, 2]));
    session.receive(new Uint8Array([0x13, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]).buffer);
    expect(session.receive(chunkFrame(3, 0, 3, [4, 5, 6]))).toMatchObject([{ bytes: new Uint8Array([4, 5, 6]) }]);
  });

  it("refuses a cut that names what was not sent, and a chunk with a gap", () => {
    expect(() => new ClientSession().receive(cut)).toThrow(FrameError);
    const session = new ClientSession();
    session.receive(chunkFrame(1, 0, 4, [1]));
    expect(() => session.receive(chunkFrame(2, 2, 4, [3, 4]))).toThrow(FrameError);
  });

  it("carries placements from state to state", () => {
    const session = new ClientSession();
    const placement = (n: number) => ({ n, id: `placement_${n}`, asset: "", title: "", transform: [], certainty: "certain", reliability: "US" });
    const state = (number: number, placements: unknown[], gone: number[]): string =>
      JSON.stringify({ type: "state", state: number, seek: 0, at: "-0430", label: "", hypothesis: null, certainty: "possible", placements, gone });
    session.receive(state(1, [placement(1), placement(2)], []));
    const events = session.receive(state(2, [placement(3)], [1]));
    const event = events[0]!;
    expect(event.type === "state" && [...event.state.placements.keys()]).toEqual([2, 3]);
  });

  it("acknowledges whole messages, once", () => {
    const session = new ClientSession();
    session.receive(chunkFrame(1, 0, 3, [1, 2]));
    session.acknowledge();
    session.acknowledge();
    const output = session.takeOutput();
    expect(output).toHaveLength(1);
    expect(new DataView(output[0] as ArrayBuffer).getBigUint64(8, true)).toBe(50n);
  });
});
