/**
 * Three points of a thing onto three points of the site: the rigid motion, if wanted with one scale, that brings them there.
 * Their middles meet, their planes lie on one another, and all three corners have a say in the turn within it, so that what
 * does not fit is spread over the three. Horn, "Closed-form solution of absolute orientation" (1987), of triangles.
 */

import * as THREE from "three";

export type Triangle = readonly [THREE.Vector3, THREE.Vector3, THREE.Vector3];

/** least part of the longest side that a triangle must be wide, or its turn is a guess */
const WIDE = 0.02;

/** From the scene to the scene, to be put before the thing's transform; null where either three lie on a line. */
export function alignment(from: Triangle, to: Triangle, scales: boolean): THREE.Matrix4 | null {
  const [a, b] = [frame(from), frame(to)];
  if (!a || !b) return null;
  const scale = scales ? b.size / a.size : 1;
  const turn = b.basis.clone().multiply(a.basis.clone().transpose());
  return new THREE.Matrix4()
    .makeTranslation(b.centre)
    .multiply(turn)
    .multiply(new THREE.Matrix4().makeScale(scale, scale, scale))
    .multiply(new THREE.Matrix4().makeTranslation(a.centre.clone().negate()));
}

/** A triangle's centre, its spread, and axes that all three corners have a say in. */
function frame(corners: Triangle): { centre: THREE.Vector3; size: number; basis: THREE.Matrix4 } | null {
  const centre = corners.reduce((sum, one) => sum.add(one), new THREE.Vector3()).divideScalar(3);
  const arms = corners.map((one) => one.clone().sub(centre));
  const [first, second, third] = [corners[1].clone().sub(corners[0]), corners[2].clone().sub(corners[0]), corners[2].clone().sub(corners[1])];
  const longest = Math.max(first.length(), second.length(), third.length());
  const normal = first.clone().cross(second);
  if (!(longest > 0) || normal.length() < WIDE * longest * longest) return null;
  normal.normalize();
  // Turned by a third of a circle each, the arms of an even triangle would lie on one another: their mean is its direction.
  const direction = new THREE.Vector3();
  arms.forEach((arm, i) => direction.add(arm.clone().applyAxisAngle(normal, (-2 * Math.PI * i) / 3)));
  if (direction.length() < 1e-9 * longest) direction.copy(arms[0]!);
  direction.normalize();
  const basis = new THREE.Matrix4().makeBasis(direction, normal.clone().cross(direction), normal);
  const size = Math.sqrt(arms.reduce((sum, arm) => sum + arm.lengthSq(), 0));
  return { centre, size, basis };
}
