import * as THREE from "three";
import type { Placement } from "../data/exhibition";

/** Half the diagonal of everything that the scene ever holds, metres; 0 when nothing is known. */
export function siteBounds(placements: readonly Placement[]): number {
  const all = new THREE.Box3();
  for (const { asset, transform } of placements) {
    const extent = asset?.tileset?.extent;
    if (!extent) continue;
    const box = new THREE.Box3(new THREE.Vector3().fromArray(extent.low), new THREE.Vector3().fromArray(extent.high));
    all.union(box.applyMatrix4(new THREE.Matrix4().fromArray(transform)));
  }
  return all.isEmpty() ? 0 : all.getSize(new THREE.Vector3()).length() / 2;
}
