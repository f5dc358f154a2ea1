/** How a thing stands as numbers that people type: metres, degrees about up, right and ahead, and how large. */

import * as THREE from "three";

export interface Stand {
  position: [number, number, number];
  /** degrees: turned about +y, then tipped about x, then rolled about z */
  turned: [yaw: number, pitch: number, roll: number];
  /** along x, y, z */
  scale: [number, number, number];
}

/** Null where the matrix shears: numbers would not say all of it. */
export function standOf(transform: readonly number[]): Stand | null {
  const matrix = new THREE.Matrix4().fromArray(transform);
  const [position, quaternion, scale] = [new THREE.Vector3(), new THREE.Quaternion(), new THREE.Vector3()];
  matrix.decompose(position, quaternion, scale);
  const again = new THREE.Matrix4().compose(position, quaternion, scale);
  const size = Math.max(1, ...matrix.elements.map(Math.abs));
  if (again.elements.some((value, i) => Math.abs(value - matrix.elements[i]!) > 1e-6 * size)) return null;
  const { x, y, z } = new THREE.Euler().setFromQuaternion(quaternion, "YXZ");
  return {
    position: position.toArray(),
    turned: [y, x, z].map((angle) => rounded(THREE.MathUtils.radToDeg(angle), 1e4)) as Stand["turned"],
    scale: scale.toArray().map((value) => rounded(value, 1e6)) as Stand["scale"],
  };
}

export function transformOf({ position, turned: [yaw, pitch, roll], scale }: Stand): number[] {
  const rad = THREE.MathUtils.degToRad;
  const quaternion = new THREE.Quaternion().setFromEuler(new THREE.Euler(rad(pitch), rad(yaw), rad(roll), "YXZ"));
  return new THREE.Matrix4().compose(new THREE.Vector3(...position), quaternion, new THREE.Vector3(...scale)).toArray();
}

function rounded(value: number, to: number): number {
  return Math.round(value * to) / to + 0; // never -0
}

/** A number as people type it, with a point or a comma; null where it is none. */
export function typed(text: string): number | null {
  const value = Number(text.trim().replace("−", "-").replace(",", "."));
  return text.trim() !== "" && Number.isFinite(value) ? value : null;
}
