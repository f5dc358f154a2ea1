import { describe, expect, it } from "vitest";
import { Keep } from "../src/workers/keep";
import type { Entry, Ledger, Shelf } from "../src/workers/keep";

/** A disk that outlives its keeps. */
class Disk implements Shelf {
  readonly entries = new Map<string, Entry>();
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  room = Infinity;
  /** whether a file ever lay there without a line in the list */
  uncounted = false;
  private now = 0;

  open(limit: number): Promise<Keep> {
    const ledger: Ledger = {
      all: async () => structuredClone([...this.entries.values()]),
      put: async (entries) => entries.forEach((entry) => this.entries.set(entry.digest, structuredClone(entry))),
      remove: async (digests) => {
        for (const digest of digests) this.entries.delete(digest);
        this.look();
      },
    };
    return Keep.open(ledger, this, limit, () => ++this.now);
  }

  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.files.get(digest) ?? null;
  }

  async put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const used = [...this.files.values()].reduce((sum, one) => sum + one.byteLength, 0);
    if (used + bytes.byteLength > this.room) throw new DOMException("full", "QuotaExceededError");
    this.files.set(digest, bytes);
    this.look();
  }

  async remove(digest: string): Promise<void> {
    this.files.delete(digest);
  }

  private look(): void {
    for (const digest of this.files.keys()) if (!this.entries.has(digest)) this.uncounted = true;
  }
}

const file = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

describe("files on the device", () => {
  it("are there on the next visit, by scene, the latest used first", async () => {
    const disk = new Disk();
    const first = await disk.open(1000);
    await first.put("a", file(10), "agora");
    await first.put("b", file(10), "agora");
    await first.put("c", file(10), "delos");
    await first.use(["a"], "delos");

    const second = await disk.open(1000);
    expect(second.of("agora")).toEqual(["a", "b"]);
    expect(second.of("delos")).toEqual(["a", "c"]);
    expect(second.of("nowhere")).toEqual([]);
    expect(await second.get("b", "agora")).toEqual(file(10));
    expect(second.of("agora")).toEqual(["b", "a"]);
  });

  it("never take more than the limit: what was not used for longest goes first", async () => {
    const disk = new Disk();
    const keep = await disk.open(1000);
    for (let i = 0; i < 40; i++) {
      await keep.put(`f${i}`, file(60), "agora");
      await keep.get("f0", "agora");
      const used = [...disk.files.values()].reduce((sum, one) => sum + one.byteLength, 0);
      expect(used).toBe(keep.bytes);
      expect(used).toBeLessThanOrEqual(1000);
    }
    expect(disk.files.has("f0")).toBe(true);
    expect(disk.files.has("f1")).toBe(false);
    expect(disk.files.has("f39")).toBe(true);
    expect(disk.uncounted).toBe(false);
    expect([...disk.entries.keys()].sort()).toEqual([...disk.files.keys()].sort());
  });

  it("do not push out all others for one that is very large", async () => {
    const keep = await new Disk().open(1000);
    await keep.put("small", file(50), "agora");
    expect(await keep.put("large", file(500), "agora")).toBe(false);
    expect(keep.of("agora")).toEqual(["small"]);
  });

  it("make room when the browser has less of it than we thought", async () => {
    const disk = new Disk();
    disk.room = 300;
    const keep = await disk.open(100_000);
    for (let i = 0; i < 10; i++) await keep.put(`f${i}`, file(60), "agora");
    expect(keep.bytes).toBeLessThanOrEqual(300);
    expect(keep.of("agora").length).toBeGreaterThan(0);
    expect(disk.uncounted).toBe(false);
  });

  it("are missing where the browser took them away, and then no longer in the list", async () => {
    const disk = new Disk();
    const keep = await disk.open(1000);
    await keep.put("a", file(10), "agora");
    disk.files.clear();
    expect(await keep.get("a", "agora")).toBeNull();
    expect(disk.entries.size).toBe(0);
    expect(keep.bytes).toBe(0);
    expect(await keep.put("a", file(10), "agora")).toBe(true);
    expect(await keep.get("a", "agora")).toEqual(file(10));
  });

  it("are none where the browser gives no room", async () => {
    const keep = await new Disk().open(0);
    expect(await keep.put("a", file(10), "agora")).toBe(false);
    expect(keep.of("agora")).toEqual([]);
  });
});
