/**
 * Tiles by content: what has arrived, decoded, on the graphics card and ready to draw.
 *
 * Files are known by sha256. They are decoded and checked in a worker; here they become models, a few at a time, and are
 * uploaded piece by piece. A file is let go when the server has evicted it and nothing drawn needs it. A tile drawn in part
 * is a model of its own that shares all but its index with the whole one.
 */

import * as THREE from "three";
import type { Arrived } from "../stream/session";
import type { Files, Made } from "../workers/files";
import type { Source } from "../workers/messages";
import { verifies } from "../workers/unpack";
import { disposePart, partOf } from "./groups";
import { ModelReader } from "./model";
import type { Model } from "./model";
import { Uploader } from "./upload";

/** Being read at a time: enough that the decoder's workers never wait for us. */
const MOST_READING = 3;

interface Picture {
  bitmap: Promise<ImageBitmap>;
  came: (bitmap: ImageBitmap) => void;
  failed: (error: Error) => void;
  users: number;
  evicted: boolean;
}

interface Part {
  root: THREE.Object3D;
  users: number;
}

interface Tile {
  /** null while it is being decoded, or when it could not be */
  model: Model | null;
  done: boolean;
  /** digests of pictures that it uses */
  pictures: string[];
  users: number;
  evicted: boolean;
  /** by hidden groups; those that are drawn */
  parts: Map<number, Part>;
}

export interface TileStats {
  decoded: number;
  failed: number;
  damaged: number;
  decodeMs: number;
  longestDecodeMs: number;
  textures: number;
  /** on the graphics card, with all smaller ones of each */
  textureBytes: number;
  /** tiles drawn in part, each kind of part once */
  parts: number;
}

export interface TileHandlers {
  /** a tile is ready, or found impossible */
  ready(digest: string): void;
  /** a file that the server takes to be here can be had nowhere */
  lost(digest: string): void;
  /** these files are kept on this device, it turns out late */
  found(digests: string[]): void;
}

export class TileStore {
  private readonly tiles = new Map<string, Tile>();
  private readonly pictures = new Map<string, Picture>();
  private readonly queue: { digest: string; bytes: Uint8Array<ArrayBuffer>; began: number }[] = [];
  private readonly began = new Map<string, number>();
  private readonly reader = new ModelReader();
  private readonly uploader: Uploader;
  private reading = 0;
  readonly stats: TileStats = { decoded: 0, failed: 0, damaged: 0, decodeMs: 0, longestDecodeMs: 0, textures: 0, textureBytes: 0, parts: 0 };
  readonly verifies = verifies;

  constructor(
    renderer: THREE.WebGLRenderer,
    anisotropy: number,
    readonly files: Files,
    private readonly handlers: TileHandlers,
  ) {
    this.uploader = new Uploader(renderer, anisotropy);
    files.tell({
      made: (file) => this.made(file),
      failed: (digest, from, damaged, why) => this.failed(digest, from, damaged, why),
      late: (digests) => handlers.found(digests),
    });
  }

  /** The longest that an upload held the thread, ms. */
  get longestUploadMs(): number {
    return this.uploader.longestMs;
  }

  /** Digests of what is here and not evicted, and of what is kept on this device: the server need not send it again. */
  held(): string[] {
    const result = new Set<string>();
    for (const [digest, tile] of this.tiles) if (!tile.evicted && (!tile.done || tile.model)) result.add(digest);
    for (const [digest, picture] of this.pictures) if (!picture.evicted) result.add(digest);
    for (const digest of this.files.kept) result.add(digest);
    return [...result];
  }

  /** Files that are here, decoded or on their way. */
  get inMemory(): number {
    let count = 0;
    for (const { evicted } of this.tiles.values()) if (!evicted) count += 1;
    for (const { evicted } of this.pictures.values()) if (!evicted) count += 1;
    return count;
  }

  /** A file came. */
  add(file: Arrived): void {
    if (this.expect(file)) this.files.unpack(file);
  }

  /** The server says that the file is here from earlier. */
  keep(file: Pick<Arrived, "content" | "digest" | "length">): void {
    if (this.expect(file)) this.files.find(file);
  }

  evict(digests: readonly string[]): void {
    for (const digest of digests) {
      const tile = this.tiles.get(digest);
      if (tile) {
        tile.evicted = true;
        this.letGoTile(digest, tile);
      }
      const picture = this.pictures.get(digest);
      if (picture) {
        picture.evicted = true;
        this.letGoPicture(digest, picture);
      }
    }
  }

  /** Decoded and uploaded, or found impossible to decode: a cut waits for nothing more of it. */
  ready(digest: string): boolean {
    return this.tiles.get(digest)?.done ?? false;
  }

  /**
   * An object to draw, without the hidden groups, sharing geometry and materials with its like; null when the file could
   * not be decoded. To be given back.
   */
  take(digest: string, hidden: number): THREE.Object3D | null {
    const tile = this.tiles.get(digest);
    if (!tile) return null;
    tile.users += 1;
    if (!tile.model) return null;
    let part = tile.parts.get(hidden);
    if (!part) {
      part = { root: cut(tile.model.root, hidden), users: 0 };
      tile.parts.set(hidden, part);
      if (hidden !== 0) this.stats.parts += 1;
    }
    part.users += 1;
    return part.root.clone();
  }

  giveBack(digest: string, hidden: number, object: THREE.Object3D | null): void {
    const tile = this.tiles.get(digest);
    if (!tile) return;
    tile.users -= 1;
    const part = object ? tile.parts.get(hidden) : undefined;
    if (part && --part.users === 0) {
      tile.parts.delete(hidden);
      if (hidden !== 0) this.stats.parts -= 1;
      eachPair(part.root, tile.model!.root, disposePart);
    }
    this.letGoTile(digest, tile);
  }

  /** Whether a file has to be got: it is new here. */
  private expect({ content, digest }: Pick<Arrived, "content" | "digest">): boolean {
    const tile = this.tiles.get(digest);
    const known = content === "glb" ? tile : this.pictures.get(digest);
    if (known) known.evicted = false;
    if (known && !(tile?.done && !tile.model)) return false;
    this.began.set(digest, performance.now());
    if (content === "glb") {
      // What could not be decoded may come better a second time; who drew nothing of it gives nothing back.
      const users = tile?.users ?? 0;
      this.tiles.set(digest, { model: null, done: false, pictures: [], users, evicted: false, parts: new Map() });
    } else {
      const { promise, resolve, reject } = promised<ImageBitmap>();
      promise.catch(() => undefined); // whoever draws with it hears of it
      this.pictures.set(digest, { bitmap: promise, came: resolve, failed: reject, users: 0, evicted: false });
    }
    return true;
  }

  private made(file: Made): void {
    const { digest } = file;
    if ("bitmap" in file) {
      const picture = this.pictures.get(digest);
      if (picture) picture.came(file.bitmap);
      else file.bitmap.close(); // evicted on its way
      this.began.delete(digest);
      return;
    }
    this.queue.push({ digest, bytes: file.bytes, began: this.began.get(digest) ?? performance.now() });
    this.began.delete(digest);
    void this.work();
  }

  private failed(digest: string, from: Source, damaged: boolean, why: string): void {
    this.began.delete(digest);
    if (damaged) this.stats.damaged += 1;
    if (from === "http") {
      // Not sent and not here: nothing to draw with, and the server thinks otherwise.
      this.tiles.delete(digest);
      this.pictures.get(digest)?.failed(new Error(why));
      this.pictures.delete(digest);
      this.handlers.lost(digest);
      return;
    }
    console.error(`file ${digest.slice(0, 12)}…:`, why);
    this.pictures.get(digest)?.failed(new Error(why));
    const tile = this.tiles.get(digest);
    if (tile) this.finish(digest, tile, false);
  }

  private async work(): Promise<void> {
    if (this.reading >= MOST_READING) return;
    this.reading += 1;
    for (let job = this.queue.shift(); job; job = this.queue.shift()) {
      const { digest } = job;
      const tile = this.tiles.get(digest);
      if (!tile || tile.done) continue;
      if (tile.evicted) {
        tile.done = true; // for nobody any more
        this.letGoTile(digest, tile);
        continue;
      }
      try {
        const model = await this.reader.read(job.bytes, (name) => this.lend(name, tile));
        tile.model = model;
        this.stats.textures += model.textures.length;
        this.stats.textureBytes += textureBytes(model);
        await this.uploader.upload(model);
      } catch (error) {
        console.error(`tile ${digest.slice(0, 12)}…:`, error);
      }
      const took = performance.now() - job.began;
      this.stats.decodeMs += took;
      this.stats.longestDecodeMs = Math.max(this.stats.longestDecodeMs, took);
      this.finish(digest, tile, tile.model !== null);
    }
    this.reading -= 1;
  }

  private lend(name: string, tile: Tile): Promise<ImageBitmap> | undefined {
    const picture = this.pictures.get(name);
    if (!picture) return undefined;
    picture.users += 1;
    tile.pictures.push(name);
    return picture.bitmap;
  }

  private finish(digest: string, tile: Tile, fine: boolean): void {
    tile.done = true;
    if (fine) this.stats.decoded += 1;
    else this.stats.failed += 1;
    this.letGoTile(digest, tile);
    this.handlers.ready(digest);
  }

  private letGoTile(digest: string, tile: Tile): void {
    if (!tile.evicted || tile.users > 0 || !tile.done || this.tiles.get(digest) !== tile) return;
    this.tiles.delete(digest);
    if (tile.model) this.dispose(tile.model);
    for (const name of tile.pictures) {
      const picture = this.pictures.get(name);
      if (!picture) continue;
      picture.users -= 1;
      this.letGoPicture(name, picture);
    }
  }

  private dispose(model: Model): void {
    model.root.traverse((object) => {
      if (!(object instanceof THREE.Mesh || object instanceof THREE.Points)) return;
      (object.geometry as THREE.BufferGeometry).dispose();
      for (const material of [object.material].flat() as THREE.Material[]) material.dispose();
    });
    for (const texture of model.textures) texture.dispose();
    this.stats.textures -= model.textures.length;
    this.stats.textureBytes -= textureBytes(model);
  }

  private letGoPicture(digest: string, picture: Picture): void {
    if (!picture.evicted || picture.users > 0) return;
    this.pictures.delete(digest);
    picture.bitmap.then((bitmap) => bitmap.close()).catch(() => undefined);
  }
}

/** Four bytes a pixel, and a third more for the smaller ones. */
function textureBytes({ textures }: Model): number {
  const pixels = textures.map(({ image }) => (image as ImageBitmap).width * (image as ImageBitmap).height);
  return Math.round((pixels.reduce((sum, count) => sum + count, 0) * 16) / 3);
}

/** A copy of a model without its hidden groups. */
function cut(root: THREE.Object3D, hidden: number): THREE.Object3D {
  const copy = root.clone();
  if (hidden === 0) return copy;
  copy.traverse((object) => {
    if (!(object instanceof THREE.Mesh)) return;
    const part = partOf(object.geometry as THREE.BufferGeometry, hidden);
    if (part) object.geometry = part;
    else object.visible = false;
  });
  return copy;
}

/** Geometries of a part beside those of the whole; both have the same shape. */
function eachPair(
  part: THREE.Object3D,
  whole: THREE.Object3D,
  act: (part: THREE.BufferGeometry, whole: THREE.BufferGeometry) => void,
): void {
  if (part instanceof THREE.Mesh && whole instanceof THREE.Mesh) {
    act(part.geometry as THREE.BufferGeometry, whole.geometry as THREE.BufferGeometry);
  }
  part.children.forEach((child, i) => eachPair(child, whole.children[i]!, act));
}

function promised<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
