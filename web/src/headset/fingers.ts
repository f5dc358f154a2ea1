/** Tracked hands as the wearer sees them: a bead at each joint, drawn at once. No model is fetched from anywhere. */

import * as THREE from "three";
import type { Stage } from "../scene/stage";
import { unclipped } from "../scene/unclipped";
import type { Wands } from "./wands";

const MOST = 50; // 25 joints a hand
const SKIN = 0xe9e2d4;

export class Fingers {
  private readonly beads = new THREE.InstancedMesh(
    new THREE.SphereGeometry(1, 12, 8),
    unclipped(new THREE.MeshStandardMaterial({ color: SKIN, roughness: 0.7 })),
    MOST,
  );

  constructor(
    stage: Stage,
    private readonly wands: Wands,
  ) {
    this.beads.count = 0;
    this.beads.frustumCulled = false;
    this.beads.raycast = () => undefined;
    stage.rig.add(this.beads);
  }

  get count(): number {
    return this.beads.count;
  }

  tick(): void {
    const place = new THREE.Matrix4();
    let count = 0;
    for (const { hand } of this.wands.hands) {
      for (const joint of Object.values(hand.joints)) {
        if (!joint?.visible || count === MOST) continue;
        const radius = joint.jointRadius ?? 0.008;
        this.beads.setMatrixAt(count++, place.compose(joint.position, joint.quaternion, new THREE.Vector3(radius, radius, radius)));
      }
    }
    this.beads.count = count;
    this.beads.instanceMatrix.needsUpdate = true;
  }
}
