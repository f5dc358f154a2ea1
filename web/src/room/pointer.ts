/** A guide without hands points with the mouse: the others see it as a hand beside the guide's eye, with its beam. */

import * as THREE from "three";
import { hitAt } from "../scene/pick";
import type { Stage } from "../scene/stage";

/** where the hand is, in the eye's frame, metres */
const HAND = new THREE.Vector3(0.24, -0.26, -0.4);
const FORWARD = new THREE.Vector3(0, 0, -1);
/** rays through all that is drawn are dear */
const EVERY_MS = 120;

export class Pointer {
  private on = false;
  private mouse: { x: number; y: number } | null = null;
  private target: THREE.Vector3 | null = null;
  private lookedAt = -Infinity;

  constructor(
    private readonly stage: Stage,
    private readonly solid: THREE.Object3D,
  ) {
    stage.canvas.addEventListener("pointermove", ({ clientX: x, clientY: y }) => (this.mouse = { x, y }), { passive: true });
    stage.canvas.addEventListener("pointerleave", () => (this.mouse = null));
  }

  get points(): boolean {
    return this.on;
  }

  turn(on: boolean): void {
    this.on = on;
    this.target = null;
  }

  /** The hand that points, scene frame; null where nothing is pointed at. */
  stance(now: number): { position: THREE.Vector3; orientation: THREE.Quaternion } | null {
    if (!this.on || !this.mouse) return null;
    if (now - this.lookedAt >= EVERY_MS) {
      this.lookedAt = now;
      this.target = hitAt(this.stage, this.solid, this.mouse.x, this.mouse.y)?.point ?? null;
    }
    if (!this.target) return null;
    const position = this.stage.camera.localToWorld(HAND.clone());
    const away = this.target.clone().sub(position).normalize();
    return { position, orientation: new THREE.Quaternion().setFromUnitVectors(FORWARD, away) };
  }
}
