import { describe, expect, it } from "vitest";
import { FrameError, encodeAck, encodeLook, parseFrame } from "../src/stream/frames";

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

describe("frames from the server", () => {
  it("reads NODES", () => {
    expect(parseFrame(bytes(0x10, 0, 1, 0, 7, 0, 0, 0, 2, 0, 0, 0, 9, 1, 0, 0))).toEqual({
      kind: 0x10,
      nodes: [{ node: 7, placement: 2, chunk: 265 }],
    });
  });

  it("reads the first frame of a chunk with its digest, and a later one without", () => {
    const first = parseFrame(bytes(0x11, 1, 0, 1, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, ...new Array<number>(32).fill(0xab), 1, 2));
    expect(first).toMatchObject({ content: "glb", first: true, last: false, held: false, chunk: 5, total: 3, offset: 0 });
    expect(first).toMatchObject({ digest: "ab".repeat(32), payload: new Uint8Array([1, 2]) });
    const second = parseFrame(bytes(0x11, 1, 0, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3));
    expect(second).toMatchObject({ first: false, last: true, offset: 2, digest: null, payload: new Uint8Array([3]) });
  });

  it("reads CUT and EVICT", () => {
    expect(parseFrame(bytes(0x12, 1, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0))).toEqual({
      kind: 0x12,
      complete: true,
      cut: 4,
      state: 3,
      look: 2,
      nodes: new Uint32Array([8]),
    });
    expect(parseFrame(bytes(0x13, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0))).toEqual({
      kind: 0x13,
      chunks: new Uint32Array([6]),
    });
  });

  it.each([
    ["nothing", bytes()],
    ["an unknown kind", bytes(0x42)],
    ["NODES cut short", bytes(0x10, 0, 1, 0, 7)],
    ["NODES with more behind it", bytes(0x10, 0, 0, 0, 1)],
    ["a CUT that claims four billion nodes", bytes(0x12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255)],
    ["a chunk of an unknown content", bytes(0x11, 9, 0, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3)],
    ["a payload past the end of its chunk", bytes(0x11, 1, 0, 2, 5, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 4)],
  ])("refuses %s", (_, data) => {
    expect(() => parseFrame(data)).toThrow(FrameError);
  });
});

describe("frames to the server", () => {
  it("writes LOOK in 60 bytes", () => {
    const data = new DataView(
      encodeLook({ look: 2, eye: [1, -2, 3.5], orientation: [0, 0, 0, 1], fov: 1, aspect: 1.5, height: 800 }),
    );
    expect(data.byteLength).toBe(60);
    expect([data.getUint8(0), data.getUint32(4, true)]).toEqual([1, 2]);
    expect([data.getFloat64(8, true), data.getFloat64(16, true), data.getFloat64(24, true)]).toEqual([1, -2, 3.5]);
    expect([data.getFloat32(44, true), data.getFloat32(48, true), data.getFloat32(52, true)]).toEqual([1, 1, 1.5]);
    expect(data.getUint32(56, true)).toBe(800);
  });

  it("writes ACK with a count beyond four bytes", () => {
    const data = new DataView(encodeAck(5_000_000_000));
    expect([data.byteLength, data.getUint8(0), data.getBigUint64(8, true)]).toEqual([16, 2, 5_000_000_000n]);
  });
});
