/** Rays that meet all that is drawn, clouds of points as well. */

import * as THREE from "three";
import { POINTS_LAYER } from "./points";

/** `pointM`: so near to a ray a point of a cloud is met. */
export function sightRay(pointM: number): THREE.Raycaster {
  const ray = new THREE.Raycaster();
  ray.layers.enable(POINTS_LAYER);
  ray.params.Points.threshold = pointM;
  return ray;
}
