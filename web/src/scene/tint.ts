/** Colours that say something: how sure, how known, what changed. In place of the looks of things, and taken off again. */

import * as THREE from "three";
import { tinted } from "./dots";
import { Exhibit } from "./exhibit";
import { ghostOf } from "./ghost";

export interface Dress {
  /** null: as it looks */
  colour: string | null;
  /** pale and hatched */
  ghost: boolean;
}

/** What stands for several things, or is of no class. */
export const PLAIN = "#8d8d8d";

export class Tints {
  private readonly materials = new Map<string, THREE.Material>();
  /** of points, whose size goes by what is about them, so that each tile has its own */
  private readonly dots = new WeakMap<THREE.Material, Map<string, THREE.Material>>();
  private painted = false;

  /** Dresses all that is drawn under `root`. `dressOf` a placement's id, or of a proxy of several (null). */
  paint(root: THREE.Object3D, dressOf: (id: string | null) => Dress, coloured: boolean): void {
    if (!coloured && !this.painted) return; // as it is dressed anyway
    this.painted = coloured;
    root.traverse((part) => {
      if (!(part instanceof THREE.Mesh || part instanceof THREE.Points)) return;
      const { colour, ghost } = dressOf(Exhibit.placementOf(part));
      const solid = (part.userData["solid"] ?? part.material) as THREE.Material;
      const material = colour === null ? solid : this.material(colour, solid, part);
      part.material = ghost ? ghostOf(material) : material;
    });
  }

  private material(colour: string, solid: THREE.Material, part: THREE.Mesh | THREE.Points): THREE.Material {
    if (part instanceof THREE.Points) {
      const known = this.dots.get(solid) ?? new Map<string, THREE.Material>();
      this.dots.set(solid, known);
      const dots = known.get(colour) ?? tinted(solid, colour);
      known.set(colour, dots);
      return dots;
    }
    const flat = !(part.geometry as THREE.BufferGeometry).hasAttribute("normal");
    const key = `${colour} ${flat} ${solid.side}`;
    let material = this.materials.get(key);
    if (!material) {
      material = new THREE.MeshStandardMaterial({ color: colour, roughness: 0.95, flatShading: flat, side: solid.side });
      this.materials.set(key, material);
    }
    return material;
  }
}
