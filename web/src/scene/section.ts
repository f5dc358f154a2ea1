/** A section: what lies beyond a plane is cut away, so that one looks into what is closed. */

import * as THREE from "three";
import type { Stage } from "./stage";

/** What is cut away: above a height, to the east (+x) or to the south (+z) of a line. */
export type Side = "above" | "east" | "south";

export const SIDES: readonly Side[] = ["above", "east", "south"];

const NORMALS: Readonly<Record<Side, THREE.Vector3>> = {
  above: new THREE.Vector3(0, -1, 0),
  east: new THREE.Vector3(-1, 0, 0),
  south: new THREE.Vector3(0, 0, -1),
};

export class Section {
  private side: Side | null = null;
  private metres = 0;
  private readonly opened = new Map<THREE.Material, THREE.Side>();

  constructor(
    private readonly stage: Stage,
    private readonly roots: () => readonly THREE.Object3D[],
  ) {}

  get cut(): { side: Side; metres: number } | null {
    return this.side && { side: this.side, metres: this.metres };
  }

  /** `metres` along the axis, in the scene's frame. */
  show(side: Side | null, metres = 0): void {
    this.side = side;
    this.metres = metres;
    const planes = side ? [new THREE.Plane(NORMALS[side], metres)] : [];
    this.stage.renderer.clippingPlanes = planes;
    if (!side) this.close();
    this.refresh();
    this.stage.invalidate();
  }

  /** Insides are seen while something is cut: other tiles are drawn now. */
  refresh(): void {
    if (!this.side) return;
    for (const root of this.roots()) {
      root.traverse((part) => {
        if (!(part instanceof THREE.Mesh)) return;
        const material = part.material as THREE.Material;
        if (material.side === THREE.DoubleSide) return;
        this.opened.set(material, material.side);
        material.side = THREE.DoubleSide;
        material.needsUpdate = true;
      });
    }
  }

  private close(): void {
    for (const [material, side] of this.opened) {
      material.side = side;
      material.needsUpdate = true;
    }
    this.opened.clear();
  }
}
