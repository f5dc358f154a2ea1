/**
 * A stranger's client: the npm package 3d-tiles-renderer, as its README shows it, on a page of another origin. Only for
 * tests: what it reads, anybody's client reads.
 *
 *     peer.html?tileset=https://museum.example/scenes/…/tileset.json?at=-0430&eye=26,9,30&target=0,3,0
 */

import * as THREE from "three";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { TilesRenderer } from "3d-tiles-renderer/three";
import { GLTFExtensionsPlugin } from "3d-tiles-renderer/three/plugins";

const query = new URLSearchParams(location.search);
const numbers = (name: string): THREE.Vector3 => new THREE.Vector3(...(query.get(name) ?? "0,0,0").split(",").map(Number));

const canvas = document.querySelector("canvas")!;
const renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
renderer.setClearColor(0x6699cc);
const scene = new THREE.Scene();
scene.add(new THREE.HemisphereLight(0xffffff, 0x887766, 3));
const camera = new THREE.PerspectiveCamera(50, canvas.width / canvas.height, 0.1, 20_000);
camera.position.copy(numbers("eye"));
camera.lookAt(numbers("target"));
camera.updateMatrixWorld();

interface Peer {
  errors: string[];
  models: number;
  triangles: number;
  idle: boolean;
  draws: number;
  show(tileset: string): void;
  look(eye: number[], target: number[]): void;
  load(glb: string): Promise<{ meshes: number; instances: number; names: string[] }>;
}

let tiles: TilesRenderer | null = null;
let quiet = 0;
const peer: Peer = {
  errors: [],
  models: 0,
  triangles: 0,
  idle: false,
  draws: 0,
  look(eye, target) {
    camera.position.fromArray(eye);
    camera.lookAt(new THREE.Vector3().fromArray(target));
    camera.updateMatrixWorld();
    quiet = 0;
    peer.idle = false;
  },
  /** One file, with three's own loader and no decoder. */
  async load(glb) {
    const { scene: model } = await new GLTFLoader().loadAsync(glb);
    if (tiles) scene.remove(tiles.group);
    tiles = null;
    scene.add(model);
    const found = { meshes: 0, instances: 0, names: [] as string[] };
    model.traverse((object) => {
      if (object instanceof THREE.InstancedMesh) found.instances += object.count;
      else if (object instanceof THREE.Mesh) found.meshes += 1;
      if (object.name) found.names.push(object.name);
    });
    renderer.render(scene, camera);
    peer.triangles = renderer.info.render.triangles;
    peer.draws = renderer.info.render.calls;
    scene.remove(model);
    return found;
  },
  show(tileset) {
    if (tiles) {
      scene.remove(tiles.group);
      tiles.dispose();
    }
    quiet = 0;
    Object.assign(peer, { models: 0, idle: false });
    tiles = new TilesRenderer(tileset);
    tiles.registerPlugin(new GLTFExtensionsPlugin({ meshoptDecoder: MeshoptDecoder }));
    tiles.errorTarget = 4;
    tiles.setCamera(camera);
    tiles.setResolution(camera, canvas.width, canvas.height);
    tiles.addEventListener("load-error", (event) => peer.errors.push(`${String(event.url)}: ${String(event.error)}`));
    tiles.addEventListener("load-model", () => (peer.models += 1));
    tiles.group.rotation.x = -Math.PI / 2; // 3D Tiles are z-up, three is y-up
    scene.add(tiles.group);
  },
};
Object.assign(window, { peer });

renderer.setAnimationLoop(() => {
  if (!tiles) return;
  tiles.update();
  renderer.render(scene, camera);
  peer.triangles = renderer.info.render.triangles;
  peer.draws = renderer.info.render.calls;
  quiet = tiles.loadProgress < 1 || !tiles.root ? 0 : quiet + 1;
  peer.idle = quiet > 8;
});
const first = query.get("tileset");
if (first !== null) peer.show(first);
