import { createHash } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encodings } from "../src/stream/opening";
import { Damaged, check, unpack } from "../src/workers/unpack";

const own = (bytes: ArrayLike<number>): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
const file = own(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));
const packed = own(gzipSync(file));

describe("a file as it was sent", () => {
  it("is itself where it was not packed", async () => {
    expect(await unpack(file, "identity", file.length)).toBe(file);
    await expect(unpack(file, "identity", file.length + 1)).rejects.toThrow(Damaged);
  });

  it("is unpacked where it was", async () => {
    expect(packed.length).toBeLessThan(file.length / 10);
    expect(await unpack(packed, "gzip", file.length)).toEqual(file);
  });

  it.runIf(encodings().includes("br"))("is unpacked where brotli packed it", async () => {
    const sent = own(brotliCompressSync(file));
    expect(await unpack(sent, "br", file.length)).toEqual(file);
    await expect(unpack(sent, "br", file.length - 1)).rejects.toThrow(Damaged);
    await expect(unpack(sent.slice(0, -9), "br", file.length)).rejects.toThrow(Damaged);
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
