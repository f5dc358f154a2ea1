import { describe, expect, it } from "vitest";
import { FrameError, encodeAck, encodeHave, encodeLook, parseFrame } from "../src/stream/frames";

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const NODES_OF_ONE = [0x10, 0, 1, 0, 7, 0, 0, 0, 2, 0, 0, 0, 9, 1, 0, 0];
const DIGEST = new Array<number>(32).fill(0xab);
const EMPTY_CUT = [0x12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

describe("messages from the server", () => {
  it("are NODES", () => {
    expect(parseFrame(bytes(...NODES_OF_ONE))).toEqual({ kind: 0x10, nodes: [{ node: 7, placement: 2, chunk: 265 }] });
  });

  it("are first pieces of a chunk with digest and decoded length, and later ones without", () => {
    const first = parseFrame(bytes(0x11, 1, 1, 1, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, ...DIGEST, 9, 0, 0, 0, 1, 2));
    expect(first).toMatchObject({ content: "glb", encoding: "gzip", first: true, last: false, held: false, chunk: 5 });
    expect(first).toMatchObject({ total: 3, offset: 0, length: 9, digest: "ab".repeat(32), size: 54 });
    expect(first).toMatchObject({ payload: new Uint8Array([1, 2]) });
    const second = parseFrame(bytes(0x11, 1, 1, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3));
    expect(second).toMatchObject({ first: false, last: true, offset: 2, digest: null, length: null, size: 17 });
  });

  it("are CUT, a change, and EVICT", () => {
    const cut = [0x12, 1, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
    const changes = [6, 0, 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0x80];
    expect(parseFrame(bytes(...cut, ...changes))).toEqual({
      kind: 0x12,
      complete: true,
      cut: 4,
      state: 3,
      look: 2,
      gone: new Uint32Array([6]),
      shown: new Uint32Array([8, 9]),
      hidden: new Uint32Array([5, 0x80000000]),
    });
    expect(parseFrame(bytes(0x13, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0))).toEqual({ kind: 0x13, chunks: new Uint32Array([6]) });
  });

  it("come in packs, each read as if it were alone", () => {
    const piece = [0x11, 1, 0, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3];
    const pack = parseFrame(bytes(0x14, 0, 2, 0, 16, 0, 0, 0, ...NODES_OF_ONE, 17, 0, 0, 0, ...piece));
    expect(pack).toEqual({ kind: 0x14, messages: [parseFrame(bytes(...NODES_OF_ONE)), parseFrame(bytes(...piece))] });
  });

  it.each([
    ["nothing", bytes()],
    ["an unknown kind", bytes(0x42)],
    ["more than a message may have", new ArrayBuffer(65537)],
    ["NODES cut short", bytes(0x10, 0, 1, 0, 7)],
    ["NODES with more behind it", bytes(0x10, 0, 0, 0, 1)],
    ["NODES with a reserved byte", bytes(0x10, 1, 0, 0)],
    ["a CUT that claims four billion nodes", bytes(...EMPTY_CUT.slice(0, 20), 255, 255, 255, 255)],
    ["a CUT with an unknown flag", bytes(0x12, 2, ...EMPTY_CUT.slice(2))],
    ["a chunk of an unknown content", bytes(0x11, 9, 0, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3)],
    ["a chunk in an unknown coding", bytes(0x11, 1, 3, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3)],
    ["a payload past the end of its chunk", bytes(0x11, 1, 0, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 4)],
    ["a last piece that is none", bytes(0x11, 1, 0, 2, 5, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3)],
    ["a held chunk with a payload", bytes(0x11, 1, 0, 7, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, ...DIGEST, 1, 0, 0, 0, 1)],
    ["two lengths of one file as it is", bytes(0x11, 1, 0, 3, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, ...DIGEST, 2, 0, 0, 0, 1)],
    ["a pack in a pack", bytes(0x14, 0, 1, 0, 4, 0, 0, 0, 0x14, 0, 0, 0)],
    ["a pack of less than it says", bytes(0x14, 0, 2, 0, 16, 0, 0, 0, ...NODES_OF_ONE)],
    ["a pack with more behind it", bytes(0x14, 0, 0, 0, 1)],
    ["a pack whose message is longer than itself", bytes(0x14, 0, 1, 0, 255, 255, 255, 255, 0x10)],
  ])("are refused if they are %s", (_, data) => {
    expect(() => parseFrame(data)).toThrow(FrameError);
  });
});

describe("messages to the server", () => {
  it("are LOOK in 92 bytes", () => {
    const data = new DataView(
      encodeLook({
        look: 2,
        eye: [1, -2, 3.5],
        orientation: [0, 0, 0, 1],
        fov: 1,
        aspect: 1.5,
        height: 800,
        velocity: [1, 2, 3],
        turning: [4, 5, 6],
        sight: [0.5, -0.5],
      }),
    );
    expect(data.byteLength).toBe(92);
    expect([data.getUint8(0), data.getUint32(0, true) >>> 8, data.getUint32(4, true)]).toEqual([1, 0, 2]);
    expect([data.getFloat64(8, true), data.getFloat64(16, true), data.getFloat64(24, true)]).toEqual([1, -2, 3.5]);
    expect([data.getFloat32(44, true), data.getFloat32(48, true), data.getFloat32(52, true)]).toEqual([1, 1, 1.5]);
    expect(data.getUint32(56, true)).toBe(800);
    const floats = Array.from({ length: 8 }, (_, i) => data.getFloat32(60 + i * 4, true));
    expect(floats).toEqual([1, 2, 3, 4, 5, 6, 0.5, -0.5]);
  });

  it("are ACK with a count of bytes beyond four bytes, and one of messages that begins anew", () => {
    const data = new DataView(encodeAck(2 ** 32 + 7, 5_000_000_000));
    expect([data.byteLength, data.getUint8(0), data.getUint32(4, true)]).toEqual([16, 2, 7]);
    expect(data.getBigUint64(8, true)).toBe(5_000_000_000n);
  });

  it("are HAVE of the first eight bytes of each digest, 8,000 to a message", () => {
    const [one] = encodeHave(["0123456789abcdef" + "00".repeat(24)]);
    expect([...new Uint8Array(one!)]).toEqual([3, 0, 0, 0, 1, 0, 0, 0, 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
    const many = encodeHave(new Array<string>(8001).fill("cd".repeat(32)));
    expect(many.map((message) => message.byteLength)).toEqual([8 + 64_000, 16]);
    expect(encodeHave([])).toEqual([]);
  });
});
