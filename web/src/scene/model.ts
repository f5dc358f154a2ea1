/**
 * A tile's GLB to a model: by three's loader, whose meshopt decoder has workers of its own. Textures come from the files
 * that were sent, never from the network.
 */

import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import type { GLTFLoaderPlugin, GLTFParser } from "three/addons/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";
import { measure } from "./points";
import { breath } from "./upload";

export interface Model {
  root: THREE.Object3D;
  textures: THREE.Texture[];
}

/** Gives a picture that a GLB names, once for each; undefined where it was not sent. */
export type Pictures = (digest: string) => Promise<ImageBitmap> | undefined;

export class ModelReader {
  private readonly loader: GLTFLoader;
  private readonly reading = new Map<string, Pictures>();
  private number = 0;

  constructor() {
    if (typeof Worker !== "undefined") MeshoptDecoder.useWorkers(navigator.hardwareConcurrency > 4 ? 2 : 1);
    this.loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
    this.loader.register((parser) => this.texturePlugin(parser));
  }

  /** Rejects where it is no GLB that can be shown. */
  async read(bytes: Uint8Array<ArrayBuffer>, pictures: Pictures): Promise<Model> {
    // The loader takes several at a time; its plugin knows them apart by their path.
    const path = `tile-${this.number++}/`;
    this.reading.set(path, pictures);
    const gltf = await this.loader.parseAsync(bytes.buffer, path).finally(() => this.reading.delete(path));
    const root = gltf.scene;
    root.updateMatrixWorld(true);
    const textures = new Set<THREE.Texture>();
    const clouds: THREE.Points[] = [];
    root.traverse((object) => {
      object.matrixAutoUpdate = false;
      if (!(object instanceof THREE.Mesh || object instanceof THREE.Points)) return;
      for (const material of [object.material].flat() as THREE.Material[]) {
        for (const value of Object.values(material)) if (value instanceof THREE.Texture) textures.add(value);
      }
      if (object instanceof THREE.Mesh) {
        object.castShadow = true;
        object.receiveShadow = true;
      } else clouds.push(object);
    });
    for (const cloud of clouds) await measure(cloud, breath);
    return { root, textures: [...textures] };
  }

  /**
   * Textures from our own files or from the GLB's own bytes. Takes the place of three's WebP plugin (same name), which
   * would fetch blob URLs and know nothing of chunks.
   */
  private texturePlugin(parser: GLTFParser): GLTFLoaderPlugin {
    const pictures = this.reading.get(parser.options.path);
    const own = new Map<number, Promise<ImageBitmap>>();
    const json = parser.json as GltfJson;
    const bitmapOf = (index: number): Promise<ImageBitmap> => {
      const known = own.get(index);
      if (known) return known;
      const image = json.images?.[index];
      let bitmap: Promise<ImageBitmap> | undefined;
      if (image?.bufferView !== undefined) {
        bitmap = parser
          .getDependency("bufferView", image.bufferView)
          .then((bytes) => decode(new Uint8Array(bytes as ArrayBuffer), image.mimeType ?? "image/webp"));
      } else {
        const digest = /^([0-9a-f]{64})\.\w+$/.exec(image?.uri ?? "")?.[1];
        bitmap = digest === undefined ? undefined : pictures?.(digest);
        bitmap ??= Promise.reject(new Error(`image ${image?.uri ?? index} was not sent`));
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

/** A picture inside a GLB. The browser decodes it beside this thread. */
function decode(bytes: Uint8Array<ArrayBuffer>, mediaType: string): Promise<ImageBitmap> {
  const blob = new Blob([bytes], { type: mediaType });
  return createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
}
