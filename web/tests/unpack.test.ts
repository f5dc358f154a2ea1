import { createHash } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Damaged, check, unpack } from "../src/workers/unpack";
import { BROTLI, DIGEST, LENGTH } from "./points_tile";

const own = (bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
const file = own(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));
const packed = own(gzipSync(file));
const brotli = own(Buffer.from(BROTLI, "base64"));

describe("a file as it was sent", () => {
  it("is itself where it was not packed", async () => {
    expect(await unpack(file, "identity", file.length)).toBe(file);
    await expect(unpack(file, "identity", file.length + 1)).rejects.toThrow(Damaged);
  });

  it("is unpacked where it was", async () => {
    expect(packed.length).toBeLessThan(file.length / 10);
    expect(await unpack(packed, "gzip", file.length)).toEqual(file);
  });

  it("is unpacked where brotli packed it, as any decoder would", async () => {
    const tile = await unpack(brotli, "br", LENGTH);
    expect(tile).toEqual(own(brotliDecompressSync(brotli)));
    await check(DIGEST, tile);
  });

  it("is damaged where brotli is cut, longer, of other lengths, or changed", async () => {
    for (const [sent, length] of [
      [own([...brotli, 0]), LENGTH],
      [own([]), LENGTH],
      [packed, LENGTH],
      [brotli, LENGTH - 1],
      [brotli, LENGTH + 1],
      [own(brotliCompressSync("the time of the people of the world and the other")), 49],
    ] as const) {
      await expect(unpack(sent, "br", length)).rejects.toThrow(Damaged);
    }
    for (let at = 0; at < brotli.length; at += 101) {
      await expect(unpack(brotli.slice(0, at), "br", LENGTH)).rejects.toThrow(Damaged);
      const changed = brotli.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
      const told = await unpack(changed, "br", LENGTH).catch((error: unknown) => error);
      if (!(told instanceof Damaged)) await expect(check(DIGEST, told as Uint8Array<ArrayBuffer>)).rejects.toThrow(Damaged);
    }
  });

  it.each([
    ["longer than it was said to be", packed, file.length - 1],
    ["shorter", packed, file.length + 1],
    ["cut off", packed.slice(0, -9), file.length],
    ["no gzip at all", file, file.length],
    ["damaged inside", packed.map((byte, i) => (i === 200 ? byte ^ 0x40 : byte)), file.length],
    ["followed by something else", own([...packed, 1, 2, 3]), file.length],
  ])("is damaged where it is %s", async (_, sent, length) => {
    await expect(unpack(sent, "gzip", length)).rejects.toThrow(Damaged);
  });

  it("is compared with its digest", async () => {
    const digest = createHash("sha256").update(file).digest("hex");
    await check(digest, file);
    await expect(check("00".repeat(32), file)).rejects.toThrow(Damaged);
  });
});
