/**
 * Where one lands: a throw from the hand, as flat as it is aimed, that ends on the first thing that it meets. Only what one
 * can stand on is a landing.
 */

import * as THREE from "three";

const SPEED_M_S = 9;
const FALL_M_S2 = 9.8;
const STEP_S = 0.12;
const STEPS = 14;
/** least upward part of a normal that one stands on: about 45 degrees */
const STANDS = 0.7;

export interface Landing {
  /** from the hand to where the throw ends */
  path: THREE.Vector3[];
  /** where it lands, null where one cannot stand */
  spot: THREE.Vector3 | null;
}

/** What a stretch of the throw meets first, and the way that it faces, scene frame. */
export type Meets = (from: THREE.Vector3, to: THREE.Vector3) => { point: THREE.Vector3; normal: THREE.Vector3 } | null;

/** A throw from `from` along `along` (unit), by somebody who is `scale` times as large as life. */
export function throwArc(from: THREE.Vector3, along: THREE.Vector3, scale: number, meets: Meets): Landing {
  const path = [from.clone()];
  for (let i = 1; i <= STEPS; i++) {
    const t = i * STEP_S;
    const next = from.clone().addScaledVector(along, SPEED_M_S * scale * t);
    next.y -= 0.5 * FALL_M_S2 * scale * t * t;
    const hit = meets(path[i - 1]!, next);
    if (hit) {
      path.push(hit.point);
      return { path, spot: hit.normal.y >= STANDS ? hit.point : null };
    }
    path.push(next);
  }
  return { path, spot: null };
}
