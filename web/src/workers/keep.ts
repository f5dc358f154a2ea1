/**
 * Files kept from one visit to the next, by digest: at most so many bytes, the least recently used go first.
 *
 * Bytes lie in a `Shelf` (Cache Storage), the list of them in a `Ledger` (IndexedDB); both are passed in. A file is entered
 * in the list before its bytes are put and struck off after they are gone, so nothing lies there uncounted. The browser may
 * take either away at any time: what is missing is missing, and found so when it is asked for.
 */

export interface Entry {
  digest: string;
  bytes: number;
  /** when it was last of use, ms since 1970 */
  used: number;
  /** ids of the scenes that used it */
  scenes: string[];
}

export interface Ledger {
  all(): Promise<Entry[]>;
  put(entries: readonly Entry[]): Promise<void>;
  remove(digests: readonly string[]): Promise<void>;
}

export interface Shelf {
  get(digest: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Rejects where there is no room. */
  put(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(digest: string): Promise<void>;
}

/** Down to this share of the limit at once, so that not every file costs a clearing. */
const ROOMY = 0.9;

export class Keep {
  private readonly entries = new Map<string, Entry>();
  private total = 0;

  private constructor(
    private readonly ledger: Ledger,
    private readonly shelf: Shelf,
    private readonly limit: number,
    private readonly now: () => number,
  ) {}

  static async open(ledger: Ledger, shelf: Shelf, limit: number, now: () => number): Promise<Keep> {
    const keep = new Keep(ledger, shelf, limit, now);
    for (const entry of await ledger.all()) keep.enter(entry);
    return keep;
  }

  get bytes(): number {
    return this.total;
  }

  /** Digests of a scene's files, the latest used first. */
  of(scene: string): string[] {
    const found = [...this.entries.values()].filter((entry) => entry.scenes.includes(scene));
    return found.sort((a, b) => b.used - a.used).map((entry) => entry.digest);
  }

  /** The bytes of a file, or null; they are of use to `scene` now. */
  async get(digest: string, scene: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const entry = this.entries.get(digest);
    if (!entry) return null;
    const bytes = await this.shelf.get(digest);
    if (!bytes) {
      this.strike(digest);
      await this.ledger.remove([digest]);
      return null;
    }
    await this.use([digest], scene);
    return bytes;
  }

  /** These files are of use to `scene` now. */
  async use(digests: readonly string[], scene: string): Promise<void> {
    const used = digests.flatMap((digest) => this.entries.get(digest) ?? []);
    for (const entry of used) {
      entry.used = this.now();
      if (!entry.scenes.includes(scene)) entry.scenes.push(scene);
    }
    await this.ledger.put(used);
  }

  /** Keeps a file; whether it is there now. Where there is no room even after a clearing, it is not. */
  async put(digest: string, bytes: Uint8Array<ArrayBuffer>, scene: string): Promise<boolean> {
    if (this.entries.has(digest)) {
      await this.use([digest], scene);
      return true;
    }
    if (bytes.byteLength > this.limit * (1 - ROOMY)) return false;
    const entry = { digest, bytes: bytes.byteLength, used: this.now(), scenes: [scene] };
    this.enter(entry);
    if (this.total > this.limit) await this.clear(this.limit * ROOMY);
    await this.ledger.put([entry]);
    try {
      await this.shelf.put(digest, bytes);
    } catch {
      // The browser's own limit is nearer than ours.
      this.strike(digest);
      await this.ledger.remove([digest]);
      await this.clear(this.total / 2);
      return false;
    }
    return true;
  }

  /** Forgets a file that turned out not to be what its digest says. */
  async remove(digest: string): Promise<void> {
    this.strike(digest);
    await this.shelf.remove(digest);
    await this.ledger.remove([digest]);
  }

  private async clear(bytes: number): Promise<void> {
    const oldest = [...this.entries.values()].sort((a, b) => a.used - b.used);
    const gone: string[] = [];
    for (const entry of oldest) {
      if (this.total <= bytes) break;
      this.strike(entry.digest);
      gone.push(entry.digest);
    }
    for (const digest of gone) await this.shelf.remove(digest);
    await this.ledger.remove(gone);
  }

  private enter(entry: Entry): void {
    this.strike(entry.digest);
    this.entries.set(entry.digest, entry);
    this.total += entry.bytes;
  }

  private strike(digest: string): void {
    this.total -= this.entries.get(digest)?.bytes ?? 0;
    this.entries.delete(digest);
  }
}
