/** Words in the headset: the moment, shown before the eyes for a while when it changes. Pages' words are not seen there. */

import * as THREE from "three";
import type { Stage } from "./stage";
import { unclipped } from "./unclipped";

const WIDTH = 1024;
const HEIGHT = 288;
const METRES = 0.9;
const AHEAD_M = 1.7;
const BELOW_M = 0.38;
const STAYS_S = 4;
const FADES_S = 0.6;

export class Caption {
  private readonly canvas = document.createElement("canvas");
  private readonly texture = new THREE.CanvasTexture(this.canvas);
  private readonly board: THREE.Mesh<THREE.PlaneGeometry, THREE.MeshBasicMaterial>;
  private left = 0;

  constructor(private readonly stage: Stage) {
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.texture.colorSpace = THREE.SRGBColorSpace;
    const material = unclipped(new THREE.MeshBasicMaterial({
      map: this.texture,
      transparent: true,
      depthTest: false,
      depthWrite: false,
      fog: false,
      toneMapped: false,
    }));
    this.board = new THREE.Mesh(new THREE.PlaneGeometry(METRES, (METRES * HEIGHT) / WIDTH), material);
    this.board.renderOrder = 10;
    this.board.visible = false;
    this.board.raycast = () => undefined;
    stage.rig.add(this.board); // as far away as it is for whoever is as large as life
    stage.onTick((delta) => this.tick(delta));
  }

  /** Shows it ahead of where the wearer looks now; it stays there and does not follow the head. */
  say(first: string, second: string): void {
    const pen = this.canvas.getContext("2d");
    if (!pen || !this.stage.renderer.xr.isPresenting) return;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.fillStyle = "rgb(15 19 25 / 0.82)";
    pen.beginPath();
    pen.roundRect(0, 0, WIDTH, HEIGHT, 48);
    pen.fill();
    pen.textAlign = "center";
    pen.fillStyle = "#f4efe6";
    pen.font = '400 132px "Newsreader Variable", Georgia, serif';
    pen.fillText(first, WIDTH / 2, 148, WIDTH - 80);
    pen.fillStyle = "#e8bd6b";
    pen.font = '400 66px "Newsreader Variable", Georgia, serif';
    pen.fillText(second, WIDTH / 2, 240, WIDTH - 80);
    this.texture.needsUpdate = true;
    const { position: eye, quaternion } = this.stage.camera;
    const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(quaternion).setY(0).normalize();
    this.board.position.copy(eye).addScaledVector(ahead, AHEAD_M);
    this.board.position.y -= BELOW_M;
    this.board.lookAt(this.stage.rig.localToWorld(eye.clone()));
    this.board.visible = true;
    this.left = STAYS_S;
  }

  private tick(delta: number): boolean {
    if (!this.board.visible) return false;
    this.left -= delta;
    this.board.material.opacity = Math.min(1, Math.max(0, this.left / FADES_S));
    this.board.visible = this.left > 0 && this.stage.renderer.xr.isPresenting;
    return true;
  }
}
