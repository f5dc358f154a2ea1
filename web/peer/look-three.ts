/** Pictures by three.js: GLTFLoader for a model, 3d-tiles-renderer for tiles. */

import * as THREE from "three";
import { DRACOLoader } from "three/addons/loaders/DRACOLoader.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";
import { TilesRenderer } from "3d-tiles-renderer/three";
import { GLTFExtensionsPlugin } from "3d-tiles-renderer/three/plugins";
import { BACKGROUND, FIELD_OF_VIEW_DEGREES, type Seen, type Subject, type View } from "./look";

const QUIET_FRAMES = 8;
const frame = (): Promise<number> => new Promise(requestAnimationFrame);

export class ThreeLook {
  private readonly renderer: THREE.WebGLRenderer;
  private readonly scene = new THREE.Scene();
  private readonly draco = new DRACOLoader().setDecoderPath("decoders/");

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: false, preserveDrawingBuffer: true });
    this.renderer.setClearColor(BACKGROUND);
    const sun = new THREE.DirectionalLight(0xffffff, 1.5);
    sun.position.set(2, 4, 3);
    this.scene.add(sun, new THREE.HemisphereLight(0xffffff, 0x887766, 1));
  }

  async show(subject: Subject, view: View): Promise<Seen> {
    const camera = new THREE.PerspectiveCamera(FIELD_OF_VIEW_DEGREES, this.canvas.width / this.canvas.height, view.near, view.far);
    camera.position.set(...view.eye);
    camera.lookAt(...view.target);
    camera.updateMatrixWorld();
    return subject.tiles === undefined ? this.model(subject.model!, camera) : this.tiles(subject.tiles, camera, view.error);
  }

  private async model(url: string, camera: THREE.Camera): Promise<Seen> {
    const { scene } = await new GLTFLoader().setDRACOLoader(this.draco).setMeshoptDecoder(MeshoptDecoder).loadAsync(url);
    this.scene.add(scene);
    await this.renderer.compileAsync(this.scene, camera);
    this.renderer.render(this.scene, camera);
    this.scene.remove(scene);
    return { errors: [], tiles: 0 };
  }

  private async tiles(url: string, camera: THREE.Camera, error: number): Promise<Seen> {
    const seen: Seen = { errors: [], tiles: 0 };
    const tiles = new TilesRenderer(url);
    tiles.registerPlugin(new GLTFExtensionsPlugin({ dracoLoader: this.draco, meshoptDecoder: MeshoptDecoder, autoDispose: false }));
    tiles.errorTarget = error;
    tiles.setCamera(camera);
    tiles.setResolution(camera, this.canvas.width, this.canvas.height);
    tiles.addEventListener("load-error", (event) => seen.errors.push(`${String(event.url)}: ${String(event.error)}`));
    tiles.addEventListener("load-model", () => (seen.tiles += 1));
    tiles.group.rotation.x = -Math.PI / 2; // 3D Tiles are z-up, three is y-up
    this.scene.add(tiles.group);
    for (let quiet = 0; quiet < QUIET_FRAMES; ) {
      await frame();
      tiles.update();
      this.renderer.render(this.scene, camera);
      // Between the document and the first tile asked for, nothing is under way either.
      quiet = seen.errors.length > 0 || (seen.tiles > 0 && tiles.loadProgress === 1) ? quiet + 1 : 0;
    }
    this.scene.remove(tiles.group);
    tiles.dispose();
    return seen;
  }
}
