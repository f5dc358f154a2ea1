/** What a hand points with: a beam to where it ends, the throw of a jump with a ring where one would stand, and what a thing is called. */

import * as THREE from "three";
import { disposeLabel, makeLabel } from "../scene/label";
import type { Stage } from "../scene/stage";
import { unclipped } from "../scene/unclipped";
import type { Landing } from "./arc";

const PALE = 0xf4efe6;
const GOLD = 0xe8bd6b;
const RED = 0xc8674f;
const MOST_POINTS = 16;
/** height of a line of words, of the height of the picture; about 1.6 degrees in a headset */
const LABEL_HEIGHT = 0.05;
const LABEL_STAYS_S = 6;

export class Beam {
  private readonly positions = new THREE.BufferAttribute(new Float32Array(3 * MOST_POINTS), 3);
  private readonly line: THREE.Line<THREE.BufferGeometry, THREE.LineBasicMaterial>;
  private readonly ring: THREE.Mesh<THREE.RingGeometry, THREE.MeshBasicMaterial>;
  private label: THREE.Sprite | null = null;
  private labelLeft = 0;

  constructor(private readonly stage: Stage) {
    const geometry = new THREE.BufferGeometry().setAttribute("position", this.positions);
    this.line = new THREE.Line(
      geometry,
      unclipped(new THREE.LineBasicMaterial({ color: PALE, transparent: true, opacity: 0.75, fog: false, toneMapped: false })),
    );
    this.ring = new THREE.Mesh(
      new THREE.RingGeometry(0.26, 0.34, 40).rotateX(-Math.PI / 2),
      new THREE.MeshBasicMaterial({ color: GOLD, transparent: true, depthTest: false, fog: false, toneMapped: false }),
    );
    for (const part of [this.line, this.ring]) {
      part.frustumCulled = false;
      part.renderOrder = 11;
      part.raycast = () => undefined;
      part.visible = false;
      stage.scene.add(part);
    }
  }

  straight(from: THREE.Vector3, to: THREE.Vector3): void {
    this.path([from, to], PALE);
    this.ring.visible = false;
  }

  throw({ path, spot }: Landing, scale: number): void {
    this.path(path, spot ? GOLD : RED);
    this.ring.visible = spot !== null;
    if (spot) this.ring.position.copy(spot).setY(spot.y + 0.02 * scale);
    this.ring.scale.setScalar(scale);
  }

  hide(): void {
    this.line.visible = this.ring.visible = false;
  }

  /** Words at a place, for a while. */
  name(lines: readonly [string, string?], at: THREE.Vector3): void {
    this.unname();
    this.label = makeLabel(lines, "#f4efe6", LABEL_HEIGHT);
    this.label.material.depthTest = false;
    this.label.raycast = () => undefined;
    this.label.position.copy(at);
    this.labelLeft = LABEL_STAYS_S;
    this.stage.scene.add(this.label);
  }

  unname(): void {
    if (this.label) disposeLabel(this.label);
    this.label = null;
  }

  get named(): boolean {
    return this.label !== null;
  }

  tick(delta: number): void {
    this.labelLeft -= delta;
    if (this.label && this.labelLeft <= 0) this.unname();
  }

  private path(points: readonly THREE.Vector3[], colour: number): void {
    points.slice(0, MOST_POINTS).forEach(({ x, y, z }, i) => this.positions.setXYZ(i, x, y, z));
    this.positions.needsUpdate = true;
    this.line.geometry.setDrawRange(0, Math.min(points.length, MOST_POINTS));
    this.line.material.color.setHex(colour);
    this.line.visible = true;
  }
}
