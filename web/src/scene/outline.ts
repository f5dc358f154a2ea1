/** The region that an open note is about, drawn round: a closed line that shows through what is before it. */

import * as THREE from "three";
import type { Stage } from "./stage";

export class Outline {
  private readonly line = new THREE.LineLoop(
    new THREE.BufferGeometry(),
    new THREE.LineBasicMaterial({ color: 0xe8bd6b, depthTest: false, transparent: true, fog: false }),
  );

  constructor(private readonly stage: Stage) {
    this.line.renderOrder = 10;
    this.line.frustumCulled = false;
    this.line.visible = false;
    stage.scene.add(this.line);
  }

  /** Corners in the scene's frame, metres; fewer than three: nothing. */
  show(corners: readonly (readonly [number, number, number])[]): void {
    const visible = corners.length > 2;
    if (!visible && !this.line.visible) return;
    this.line.visible = visible;
    this.line.geometry.dispose();
    this.line.geometry = new THREE.BufferGeometry().setFromPoints(corners.map((corner) => new THREE.Vector3(...corner)));
    this.stage.invalidate(false);
  }
}
