/** The chosen thing glows a little: its own shape drawn once more, thin and warm. */

import * as THREE from "three";
import { Exhibit } from "./exhibit";
import type { Stage } from "./stage";

export class Highlight {
  private readonly group = new THREE.Group();
  private readonly material = new THREE.MeshBasicMaterial({
    color: 0xffc766,
    transparent: true,
    opacity: 0.16,
    depthWrite: false,
    polygonOffset: true,
    polygonOffsetFactor: -1,
    polygonOffsetUnits: -1,
    fog: false,
  });
  private placement: string | null = null;

  constructor(
    private readonly stage: Stage,
    private readonly exhibit: Exhibit,
  ) {
    this.group.matrixAutoUpdate = false;
    stage.scene.add(this.group);
  }

  show(placement: string | null): void {
    if (this.placement === placement) return;
    this.placement = placement;
    this.refresh();
  }

  /** The cut changed: the chosen thing is drawn from other tiles now. */
  refresh(): void {
    if (this.placement === null && this.group.children.length === 0) return;
    this.group.clear();
    if (this.placement !== null) {
      this.exhibit.root.updateMatrixWorld();
      this.exhibit.root.traverse((part) => {
        if (!(part instanceof THREE.Mesh) || Exhibit.placementOf(part) !== this.placement) return;
        const glow = new THREE.Mesh(part.geometry as THREE.BufferGeometry, this.material);
        glow.matrixAutoUpdate = false;
        glow.matrix.copy(part.matrixWorld);
        this.group.add(glow);
      });
    }
    this.stage.invalidate();
  }
}
