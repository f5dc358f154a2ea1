/**
 * brotli as tiles of points come by it (RFC 7932, docs/protocol.md): no words of its dictionary, no contexts of text. Browsers
 * decode it over HTTP, but lend it to no script (Chromium 156). Numbers in brackets are chapters of the RFC.
 */

const CODE_ORDER = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const CODE_BITS = [2, 2, 2, 3, 2, 2, 2, 4, 2, 2, 2, 3, 2, 2, 2, 4];
const CODE_LENGTHS = [0, 4, 3, 2, 0, 4, 3, 1, 0, 4, 3, 2, 0, 4, 3, 5];
const BLOCK_BITS = [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 24];
const INSERT_BITS = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 14, 24];
const COPY_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 24];
const BLOCK_BASE = bases(1, BLOCK_BITS);
const INSERT_BASE = bases(0, INSERT_BITS);
const COPY_BASE = bases(2, COPY_BITS);
/** which eights of insert and copy codes a cell of commands has (5) */
const INSERT_CELL = [0, 0, 0, 0, 8, 8, 0, 16, 8, 16, 16];
const COPY_CELL = [0, 8, 0, 8, 0, 8, 16, 0, 16, 8, 16];
/** sizes of a byte, of mode `signed` (7.1) */
const SIGNED = Uint8Array.from({ length: 256 }, (_, i) => [1, 16, 64, 128, 192, 240, 255].filter((least) => i >= least).length);

function bases(first: number, bits: readonly number[]): number[] {
  let at = first;
  return bits.map((size) => (at += 1 << size) - (1 << size));
}

class Bits {
  private held = 0;
  private count = 0;
  private at = 0;

  constructor(private readonly data: Uint8Array) {}

  /** Up to 25 bits, lowest first, not taken yet; zeros behind the end. */
  peek(size: number): number {
    while (this.count < size) {
      this.held |= (this.data[this.at++] ?? 0) << this.count;
      this.count += 8;
    }
    return this.held & ((1 << size) - 1);
  }

  drop(size: number): void {
    this.held >>>= size;
    this.count -= size;
  }

  take(size: number): number {
    const value = this.peek(size);
    this.drop(size);
    return value;
  }

  symbol(code: Code): number {
    const entry = code.table[this.peek(code.bits)]!;
    this.drop(entry & 15);
    return entry >>> 4;
  }

  /** Whether all was taken, and no more. */
  get ended(): boolean {
    return this.at - (this.count >>> 3) === this.data.length;
  }
}

interface Code {
  bits: number;
  /** symbol · 16 + length, by the next `bits` bits */
  table: Uint16Array;
}

function codeOf(lengths: Uint8Array): Code {
  const bits = Math.max(0, ...lengths);
  const table = new Uint16Array(1 << bits);
  let code = 0;
  for (let length = 1; length <= bits; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      let turned = 0;
      for (let bit = 0; bit < length; bit++) turned |= ((code >>> bit) & 1) << (length - 1 - bit);
      for (let place = turned; place < table.length; place += 1 << length) table[place] = (symbol << 4) | length;
      code++;
    }
    code <<= 1;
  }
  return { bits, table };
}

/** A prefix code (3.4, 3.5). */
function readCode(bits: Bits, symbols: number): Code {
  const skipped = bits.take(2);
  if (skipped === 1) return simpleCode(bits, symbols);
  const own = new Uint8Array(18);
  let space = 32;
  let used = 0;
  for (let i = skipped; i < 18 && space > 0; i++) {
    const next = bits.peek(4);
    bits.drop(CODE_BITS[next]!);
    const length = (own[CODE_ORDER[i]!] = CODE_LENGTHS[next]!);
    if (length) space -= 32 >> length;
    if (length) used++;
  }
  if (used !== 1 && space !== 0) throw new Error("brotli: lengths of codes do not add up");
  const lone = used === 1 ? own.findIndex((length) => length > 0) : -1;
  const code = codeOf(own);
  const lengths = new Uint8Array(symbols);
  let [left, at, before, repeated, repeats] = [32768, 0, 8, 0, 0];
  while (at < symbols && left > 0) {
    const symbol = lone >= 0 ? lone : bits.symbol(code);
    if (symbol < 16) {
      repeats = 0;
      lengths[at++] = symbol;
      if (symbol) left -= 32768 >> (before = symbol);
      continue;
    }
    const length = symbol === 16 ? before : 0;
    if (repeated !== length) repeats = 0;
    repeated = length;
    const earlier = repeats;
    if (repeats > 0) repeats = (repeats - 2) << (symbol - 14);
    repeats += bits.take(symbol - 14) + 3;
    const more = repeats - earlier;
    if (at + more > symbols) throw new Error("brotli: lengths of too many symbols");
    lengths.fill(length, at, (at += more));
    if (length) left -= more << (15 - length);
  }
  if (left !== 0) throw new Error("brotli: a code that does not add up");
  return codeOf(lengths);
}

function simpleCode(bits: Bits, symbols: number): Code {
  const width = 32 - Math.clz32(symbols - 1);
  const count = bits.take(2) + 1;
  const named = Array.from({ length: count }, () => bits.take(width));
  if (named.some((symbol) => symbol >= symbols) || new Set(named).size < count) throw new Error("brotli: no such symbols");
  if (count === 1) return { bits: 0, table: Uint16Array.of(named[0]! << 4) };
  const sizes = count === 2 ? [1, 1] : count === 3 ? [1, 2, 2] : bits.take(1) ? [1, 2, 3, 3] : [2, 2, 2, 2];
  const lengths = new Uint8Array(symbols);
  named.forEach((symbol, i) => (lengths[symbol] = sizes[i]!));
  return codeOf(lengths);
}

/** A number of types or of trees (9.2). */
function readCount(bits: Bits): number {
  if (!bits.take(1)) return 1;
  const size = bits.take(3);
  return 1 + (1 << size) + bits.take(size);
}

/** Which type literals, commands or distances have now, and for how many more (6). */
class Blocks {
  readonly types: number;
  type = 0;
  private before = 1;
  private left = 1 << 30;
  private readonly kinds?: Code;
  private readonly amounts?: Code;

  constructor(private readonly bits: Bits) {
    this.types = readCount(bits);
    if (this.types < 2) return;
    this.kinds = readCode(bits, this.types + 2);
    this.amounts = readCode(bits, 26);
    this.left = this.amount();
  }

  /** One more; `type` is then its type. */
  next(): void {
    if (this.left-- > 0 || !this.kinds) return;
    const kind = this.bits.symbol(this.kinds);
    const type = kind === 0 ? this.before : kind === 1 ? (this.type + 1) % this.types : kind - 2;
    [this.before, this.type] = [this.type, type];
    this.left = this.amount() - 1;
  }

  private amount(): number {
    const kind = this.bits.symbol(this.amounts!);
    return BLOCK_BASE[kind]! + this.bits.take(BLOCK_BITS[kind]!);
  }
}

/** Which code by type and context (7.3), and how many codes there are. */
function readMap(bits: Bits, size: number): { map: Uint8Array; trees: number } {
  const trees = readCount(bits);
  const map = new Uint8Array(size);
  if (trees < 2) return { map, trees };
  const most = bits.take(1) ? bits.take(4) + 1 : 0;
  const code = readCode(bits, trees + most);
  for (let at = 0; at < size; ) {
    const symbol = bits.symbol(code);
    if (symbol > most) map[at++] = symbol - most;
    else at += symbol ? (1 << symbol) + bits.take(symbol) : 1;
    if (at > size) throw new Error("brotli: a context map that is too long");
  }
  if (bits.take(1)) {
    const front = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (let at = 0; at < size; at++) {
      const index = map[at]!;
      const value = (map[at] = front[index]!);
      front.copyWithin(1, 0, index);
      front[0] = value;
    }
  }
  return { map, trees };
}

/** The `length` bytes that `data` holds. Throws where it holds others, or more: more are never made. */
export function unbrotli(data: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bits = new Bits(data);
  const out = new Uint8Array(length);
  const ring = [16, 15, 11, 4];
  const window = readWindow(bits);
  let at = 0;
  for (let last = 0; !last; ) {
    last = bits.take(1);
    if (last && bits.take(1)) break;
    const nibbles = bits.take(2) + 4;
    if (nibbles === 7) throw new Error("brotli: metadata");
    let size = bits.take(16);
    if (nibbles > 4) size += bits.take(4 * nibbles - 16) * 65536;
    size++;
    if (at + size > length) throw new Error("brotli: more bytes than were said");
    if (!last && bits.take(1)) throw new Error("brotli: bytes as they are");
    at = metaBlock(bits, out, at, at + size, window, ring);
  }
  if (at !== length || !bits.ended) throw new Error("brotli: it does not end where it should");
  return out;
}

function readWindow(bits: Bits): number {
  if (!bits.take(1)) return (1 << 16) - 16;
  const size = bits.take(3);
  if (size) return (1 << (17 + size)) - 16;
  const small = bits.take(3);
  if (small === 1) throw new Error("brotli: a large window");
  return (1 << (small ? 8 + small : 17)) - 16;
}

function metaBlock(bits: Bits, out: Uint8Array, begin: number, end: number, window: number, ring: number[]): number {
  const [literals, commands, distances] = [new Blocks(bits), new Blocks(bits), new Blocks(bits)];
  const postfix = bits.take(2);
  const direct = bits.take(4) << postfix;
  const modes = Array.from({ length: literals.types }, () => bits.take(2));
  if (modes.includes(2)) throw new Error("brotli: contexts of text");
  const literalMap = readMap(bits, 64 * literals.types);
  const distanceMap = readMap(bits, 4 * distances.types);
  const codes = (count: number, symbols: number): Code[] => Array.from({ length: count }, () => readCode(bits, symbols));
  const literalCodes = codes(literalMap.trees, 256);
  const commandCodes = codes(commands.types, 704);
  const distanceCodes = codes(distanceMap.trees, 16 + direct + (48 << postfix));
  const context = (p1: number, p2: number, mode: number): number =>
    mode === 0 ? p1 & 63 : mode === 1 ? p1 >>> 2 : (SIGNED[p1]! << 3) | SIGNED[p2]!;
  let at = begin;
  while (at < end) {
    commands.next();
    const command = bits.symbol(commandCodes[commands.type]!);
    const cell = command >>> 6;
    const insertCode = INSERT_CELL[cell]! | ((command >>> 3) & 7);
    const copyCode = COPY_CELL[cell]! | (command & 7);
    const inserted = INSERT_BASE[insertCode]! + bits.take(INSERT_BITS[insertCode]!);
    const copied = COPY_BASE[copyCode]! + bits.take(COPY_BITS[copyCode]!);
    if (at + inserted > end) throw new Error("brotli: literals beyond the end");
    for (const stop = at + inserted; at < stop; at++) {
      literals.next();
      const { type } = literals;
      const kind = context(out[at - 1] ?? 0, out[at - 2] ?? 0, modes[type]!);
      out[at] = bits.symbol(literalCodes[literalMap.map[64 * type + kind]!]!);
    }
    if (at >= end) break;
    let distance = ring[3]!;
    if (command >= 128) {
      distances.next();
      const kind = bits.symbol(distanceCodes[distanceMap.map[4 * distances.type + Math.min(copied, 5) - 2]!]!);
      distance = distanceOf(kind, ring, bits, postfix, direct);
      if (kind) ring.push(distance);
      if (kind) ring.shift();
    }
    if (distance < 1 || distance > Math.min(window, at)) throw new Error("brotli: a word of the dictionary");
    if (at + copied > end) throw new Error("brotli: a copy beyond the end");
    for (const stop = at + copied; at < stop; at++) out[at] = out[at - distance]!;
  }
  return at;
}

/** The distance of a code (4). The latest of the ring is its last. */
function distanceOf(kind: number, ring: readonly number[], bits: Bits, postfix: number, direct: number): number {
  if (kind < 4) return ring[3 - kind]!;
  if (kind < 16) {
    const step = ((kind - 4) % 6 >> 1) + 1;
    return ring[kind < 10 ? 3 : 2]! + (kind % 2 ? step : -step);
  }
  if (kind < 16 + direct) return kind - 15;
  const rest = kind - direct - 16;
  const size = 1 + (rest >>> (postfix + 1));
  const offset = ((2 + ((rest >>> postfix) & 1)) << size) - 4;
  return ((offset + bits.take(size)) << postfix) + (rest & ((1 << postfix) - 1)) + direct + 1;
}
