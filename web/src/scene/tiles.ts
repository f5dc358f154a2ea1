/**
 * Tiles by content: what has arrived, decoded and ready to draw.
 *
 * Files are kept by sha256. A GLB names shared textures as `<sha256>.webp`; they are taken from here, never from the
 * network. Decoding runs one file at a time and gives the thread back after a few milliseconds, in or out of an XR
 * session. A file is let go when the server has evicted it and nothing drawn needs it.
 */

import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import type { GLTFLoaderPlugin, GLTFParser } from "three/addons/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";
import type { Content } from "../stream/frames";
import { hex } from "../stream/frames";

const MEDIA_TYPES: Record<Content, string> = {
  glb: "model/gltf-binary",
  webp: "image/webp",
  jpeg: "image/jpeg",
  png: "image/png",
};
const SLICE_MS = 6;

interface Picture {
  bitmap: Promise<ImageBitmap>;
  users: number;
  evicted: boolean;
}

interface Tile {
  /** null while it is being decoded, or when it could not be */
  model: THREE.Object3D | null;
  done: boolean;
  textures: THREE.Texture[];
  pictures: string[];
  users: number;
  evicted: boolean;
}

export interface TileStats {
  decoded: number;
  failed: number;
  damaged: number;
  decodeMs: number;
  longestDecodeMs: number;
  textures: number;
}

export class TileStore {
  private readonly tiles = new Map<string, Tile>();
  private readonly pictures = new Map<string, Picture>();
  private readonly queue: { digest: string; bytes: Uint8Array }[] = [];
  private readonly loader: GLTFLoader;
  private working = false;
  readonly stats: TileStats = { decoded: 0, failed: 0, damaged: 0, decodeMs: 0, longestDecodeMs: 0, textures: 0 };
  /** Digests are checked only where the browser lends its hash: in a secure context. */
  readonly verifies = typeof crypto !== "undefined" && crypto.subtle !== undefined;

  constructor(
    private readonly renderer: THREE.WebGLRenderer,
    private readonly anisotropy: number,
    private readonly onReady: () => void,
  ) {
    if (typeof Worker !== "undefined") MeshoptDecoder.useWorkers(navigator.hardwareConcurrency > 4 ? 2 : 1);
    this.loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
    this.loader.register((parser) => this.texturePlugin(parser));
  }

  /** Digests of what is here and not evicted: the server need not send it again. */
  held(): string[] {
    const result: string[] = [];
    for (const [digest, tile] of this.tiles) if (!tile.evicted && (!tile.done || tile.model)) result.push(digest);
    for (const [digest, picture] of this.pictures) if (!picture.evicted) result.push(digest);
    return result;
  }

  add(content: Content, digest: string, bytes: Uint8Array): void {
    if (content === "glb") {
      const known = this.tiles.get(digest);
      if (known) {
        known.evicted = false;
        return;
      }
      this.tiles.set(digest, {
        model: null,
        done: false,
        textures: [],
        pictures: [],
        users: 0,
        evicted: false,
      });
      this.queue.push({ digest, bytes });
      void this.work();
    } else {
      const known = this.pictures.get(digest);
      if (known) {
        known.evicted = false;
        return;
      }
      const bitmap = this.checked(digest, bytes).then(() => decodePicture(bytes, MEDIA_TYPES[content]));
      bitmap.catch(() => undefined); // whoever draws with it hears of it
      this.pictures.set(digest, { bitmap, users: 0, evicted: false });
    }
  }

  /** The server says it is here from an earlier session: true where that is so. */
  keep(digest: string): boolean {
    const entry = this.tiles.get(digest) ?? this.pictures.get(digest);
    if (entry) entry.evicted = false;
    return entry !== undefined;
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

  /** Decoded, or found impossible to decode: a cut waits for nothing more of it. */
  ready(digest: string): boolean {
    return this.tiles.get(digest)?.done ?? false;
  }

  /** An object to draw, sharing geometry and materials with its like; null when the file could not be decoded. */
  take(digest: string): THREE.Object3D | null {
    const tile = this.tiles.get(digest);
    if (!tile) return null;
    tile.users += 1;
    return tile.model?.clone() ?? null;
  }

  giveBack(digest: string): void {
    const tile = this.tiles.get(digest);
    if (!tile) return;
    tile.users -= 1;
    this.letGoTile(digest, tile);
  }

  private letGoTile(digest: string, tile: Tile): void {
    if (!tile.evicted || tile.users > 0 || !tile.done) return;
    this.tiles.delete(digest);
    tile.model?.traverse((object) => {
      if (!(object instanceof THREE.Mesh || object instanceof THREE.Points)) return;
      (object.geometry as THREE.BufferGeometry).dispose();
      for (const material of [object.material].flat() as THREE.Material[]) material.dispose();
    });
    for (const texture of tile.textures) texture.dispose();
    this.stats.textures -= tile.textures.length;
    for (const name of tile.pictures) {
      const picture = this.pictures.get(name);
      if (!picture) continue;
      picture.users -= 1;
      this.letGoPicture(name, picture);
    }
  }

  private letGoPicture(digest: string, picture: Picture): void {
    if (!picture.evicted || picture.users > 0) return;
    this.pictures.delete(digest);
    picture.bitmap.then((bitmap) => bitmap.close()).catch(() => undefined);
  }

  private async checked(digest: string, bytes: Uint8Array): Promise<void> {
    if (!this.verifies) return;
    const found = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)));
    if (found !== digest) {
      this.stats.damaged += 1;
      throw new Error(`bytes of ${digest.slice(0, 12)}… have digest ${found.slice(0, 12)}…`);
    }
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    let sliceBegan = performance.now();
    for (let job = this.queue.shift(); job; job = this.queue.shift()) {
      const tile = this.tiles.get(job.digest);
      if (!tile) continue;
      const began = performance.now();
      try {
        await this.checked(job.digest, job.bytes);
        await this.decode(job.bytes, tile);
        this.stats.decoded += 1;
      } catch (error) {
        this.stats.failed += 1;
        console.error(`tile ${job.digest.slice(0, 12)}…:`, error);
      }
      tile.done = true;
      const took = performance.now() - began;
      this.stats.decodeMs += took;
      this.stats.longestDecodeMs = Math.max(this.stats.longestDecodeMs, took);
      this.letGoTile(job.digest, tile);
      this.onReady();
      if (performance.now() - sliceBegan > SLICE_MS) {
        await breath();
        sliceBegan = performance.now();
      }
    }
    this.working = false;
  }

  private async decode(bytes: Uint8Array, tile: Tile): Promise<void> {
    const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    this.loading = tile;
    const gltf = await this.loader.parseAsync(data, "").finally(() => (this.loading = null));
    const model = gltf.scene;
    model.updateMatrixWorld(true);
    const textures = new Set<THREE.Texture>();
    model.traverse((object) => {
      object.matrixAutoUpdate = false;
      if (!(object instanceof THREE.Mesh || object instanceof THREE.Points)) return;
      for (const material of [object.material].flat() as THREE.Material[]) {
        for (const value of Object.values(material)) if (value instanceof THREE.Texture) textures.add(value);
      }
      if (object instanceof THREE.Mesh) {
        object.castShadow = true;
        object.receiveShadow = true;
      }
    });
    tile.textures = [...textures];
    this.stats.textures += tile.textures.length;
    const anisotropy = Math.min(this.anisotropy, this.renderer.capabilities.getMaxAnisotropy());
    for (const texture of tile.textures) {
      texture.anisotropy = anisotropy;
      // Upload now, one picture a breath, rather than all in the frame that shows the cut.
      this.renderer.initTexture(texture);
      await breath();
    }
    tile.model = model;
  }

  /** The tile whose GLB the loader reads; one at a time. */
  private loading: Tile | null = null;

  /**
   * Textures from our own store or from the GLB's own bytes. Takes the place of three's WebP plugin (same name), which
   * would fetch blob URLs and know nothing of chunks.
   */
  private texturePlugin(parser: GLTFParser): GLTFLoaderPlugin {
    const tile = this.loading;
    const own = new Map<number, Promise<ImageBitmap>>();
    const json = parser.json as GltfJson;
    const bitmapOf = (index: number): Promise<ImageBitmap> => {
      const known = own.get(index);
      if (known) return known;
      const image = json.images?.[index];
      let bitmap: Promise<ImageBitmap>;
      if (image?.bufferView !== undefined) {
        bitmap = parser
          .getDependency("bufferView", image.bufferView)
          .then((bytes) => decodePicture(new Uint8Array(bytes as ArrayBuffer), image.mimeType ?? "image/webp"));
      } else {
        const digest = /^([0-9a-f]{64})\.\w+$/.exec(image?.uri ?? "")?.[1];
        const picture = digest === undefined ? undefined : this.pictures.get(digest);
        if (!picture || digest === undefined) {
          bitmap = Promise.reject(new Error(`image ${image?.uri ?? index} was not sent`));
        } else {
          picture.users += 1;
          tile?.pictures.push(digest);
          bitmap = picture.bitmap;
        }
      }
      own.set(index, bitmap);
      return bitmap;
    };
    return {
      name: "EXT_texture_webp",
      loadTexture: (index: number) => {
        const definition = json.textures?.[index];
        const source = definition?.extensions?.EXT_texture_webp?.source ?? definition?.source;
        if (definition === undefined || source === undefined) return null;
        const sampler = json.samplers?.[definition.sampler ?? -1] ?? {};
        return bitmapOf(source).then((bitmap) => {
          const texture = new THREE.Texture(bitmap);
          texture.flipY = false;
          texture.wrapS = WRAPS[sampler.wrapS ?? 10497] ?? THREE.RepeatWrapping;
          texture.wrapT = WRAPS[sampler.wrapT ?? 10497] ?? THREE.RepeatWrapping;
          texture.magFilter = sampler.magFilter === 9728 ? THREE.NearestFilter : THREE.LinearFilter;
          texture.minFilter = THREE.LinearMipmapLinearFilter;
          texture.needsUpdate = true;
          return texture;
        });
      },
    } as GLTFLoaderPlugin;
  }
}

interface GltfJson {
  images?: { uri?: string; bufferView?: number; mimeType?: string }[];
  samplers?: { wrapS?: number; wrapT?: number; magFilter?: number }[];
  textures?: { source?: number; sampler?: number; extensions?: { EXT_texture_webp?: { source?: number } } }[];
}

const WRAPS: Record<number, THREE.Wrapping> = {
  33071: THREE.ClampToEdgeWrapping,
  33648: THREE.MirroredRepeatWrapping,
  10497: THREE.RepeatWrapping,
};

function decodePicture(bytes: Uint8Array, mediaType: string): Promise<ImageBitmap> {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mediaType });
  return createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
}

/** The thread for everybody else; works where animation frames stop (XR, hidden pages). */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
