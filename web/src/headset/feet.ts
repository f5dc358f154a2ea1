/**
 * Moving in a headset: the room in which the wearer stands is laid into the scene, turned, and made as large as they want
 * to be. Everything turns and grows round the head, or the floor would slip away under it.
 */

import * as THREE from "three";
import type { Movement } from "../scene/movement";
import type { Stage } from "../scene/stage";
import { sightRay } from "../scene/ray";
import { throwArc } from "./arc";
import type { Landing } from "./arc";
import { clampScale, scaleOf } from "./sizes";
import type { Size } from "./sizes";
import type { Wand } from "./wands";

const SNAP_RAD = Math.PI / 6;
const TURN_RAD_S = 1.2;
const MOVE_M_S = 2.2;
const GROUND_EVERY_S = 0.2;
/** where the middle of a table lies, metres of the room: height, and how far ahead */
const TABLE_HEIGHT_M = 0.8;
const TABLE_AHEAD_M = 0.85;
/** so near a point of a cloud is stood on */
const POINT_M = 0.25;

interface Hold {
  wand: Wand;
  /** the scene's point that is held */
  held: THREE.Vector3;
}

export class Feet {
  size: Size = "life";
  /** middle of the site on its ground, and how far it reaches, metres */
  private site = { centre: new THREE.Vector3(), radius: 30 };
  private ground = 0;
  private sinceGround = 0;
  private before: THREE.Vector3 | null = null;
  private holds: Hold[] = [];
  private readonly ray = sightRay(POINT_M);

  constructor(
    private readonly stage: Stage,
    private readonly movement: Movement,
    private readonly solid: THREE.Object3D,
  ) {}

  /** What a table shows. */
  showOnTable(centre: THREE.Vector3, radius: number): void {
    this.site = { centre, radius };
  }

  /** Metres of the scene to a metre of the room. */
  get scale(): number {
    return this.stage.rig.scale.x;
  }

  /** Where the head is, scene frame. */
  get head(): THREE.Vector3 {
    return this.stage.camera.getWorldPosition(new THREE.Vector3());
  }

  /** In life size at a place, facing `heading`, radians about +y. Before the first frame of a session. */
  begin(spot: THREE.Vector3, heading: number): void {
    this.size = "life";
    this.stage.setScale(1);
    this.ground = spot.y;
    this.stage.rig.position.copy(spot);
    this.stage.rig.rotation.set(0, heading, 0);
    this.holds = [];
  }

  end(): void {
    this.stage.setScale(1);
    this.clip(false);
    this.stage.rig.position.set(0, 0, 0);
    this.stage.rig.rotation.set(0, 0, 0);
  }

  /** As large as that from the next frame on; on the ground where one stood, or before the table. */
  resize(size: Size): void {
    if (size === this.size) return;
    if (this.size === "life") this.before = this.head;
    const spot = this.size === "table" ? (this.before ?? this.site.centre.clone()) : this.head;
    this.size = size;
    this.holds = [];
    this.stage.setScale(scaleOf(size, this.site.radius));
    this.clip(size === "table");
    if (size === "table") {
      const { position, quaternion } = this.stage.camera;
      const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(quaternion).setY(0).normalize();
      this.lay(this.site.centre, position.clone().setY(0).addScaledVector(ahead, TABLE_AHEAD_M).setY(TABLE_HEIGHT_M));
      return;
    }
    this.ground = this.movement.groundAt(spot.x, spot.z, spot.y + 2) ?? this.ground;
    this.stand(spot.setY(this.ground));
  }

  /** The ground under the head is at `spot`. */
  stand(spot: THREE.Vector3): void {
    this.ground = spot.y;
    this.lay(spot, this.stage.camera.position.clone().setY(0));
  }

  /** Moves the room so that one of its points is at one of the scene's. */
  private lay(scene: THREE.Vector3, room: THREE.Vector3): void {
    const { rig } = this.stage;
    rig.position.copy(scene).sub(room.clone().multiplyScalar(this.scale).applyQuaternion(rig.quaternion));
    rig.updateMatrixWorld(true);
  }

  /** Radians to the left, round the head. */
  turn(angle: number): void {
    const { rig } = this.stage;
    const head = this.stage.camera.position.clone().setY(0);
    const floor = rig.localToWorld(head.clone());
    rig.rotation.y += angle;
    rig.updateMatrixWorld(true);
    this.lay(floor, head);
  }

  snap(direction: number): void {
    this.turn(-Math.sign(direction) * SNAP_RAD);
  }

  sweep(x: number, delta: number): void {
    this.turn(-x * TURN_RAD_S * delta);
  }

  glide(x: number, y: number, delta: number): void {
    // Not the headset's own camera of three.js: asked for its direction, it forgets where the rig is.
    const { rig, camera } = this.stage;
    const ahead = camera.getWorldDirection(new THREE.Vector3()).setY(0).normalize();
    const aside = new THREE.Vector3(-ahead.z, 0, ahead.x);
    const metres = MOVE_M_S * this.scale * delta;
    rig.position.addScaledVector(ahead, -y * metres).addScaledVector(aside, x * metres);
    this.sinceGround += delta;
    if (this.sinceGround < GROUND_EVERY_S || this.size === "table") return;
    this.sinceGround = 0;
    const { head } = this;
    this.ground = this.movement.groundAt(head.x, head.z, head.y + 0.4) ?? this.ground;
    rig.position.y = this.ground;
  }

  /** Where a throw from the hand ends now. */
  aim(from: THREE.Vector3, along: THREE.Vector3): Landing {
    return throwArc(from, along, this.scale, (a, b) => {
      const way = b.clone().sub(a);
      this.ray.far = way.length();
      this.ray.set(a, way.normalize());
      const hit = this.ray.intersectObject(this.solid, true)[0];
      if (!hit) return null;
      const normal = hit.normal?.clone().transformDirection(hit.object.matrixWorld) ?? new THREE.Vector3(0, 1, 0);
      // Scans have faces that are turned round: what is under the throw is stood on from above.
      if (normal.dot(way) > 0) normal.negate();
      return { point: hit.point.clone(), normal };
    });
  }

  /** On a table the site is moved by whoever holds it; by both hands it is turned and made larger or smaller. */
  hold(wands: readonly Wand[]): void {
    const squeezing = this.size === "table" ? wands.filter(({ squeezed }) => squeezed) : [];
    const { rig } = this.stage;
    if (squeezing.length !== this.holds.length || squeezing.some((wand, i) => wand !== this.holds[i]!.wand)) {
      this.holds = squeezing.map((wand) => ({ wand, held: rig.localToWorld(wand.grip.position.clone()) }));
      return;
    }
    const [one, other] = this.holds;
    if (!one) return;
    if (!other) {
      this.lay(one.held, one.wand.grip.position);
      return;
    }
    const apart = other.held.clone().sub(one.held);
    const hands = other.wand.grip.position.clone().sub(one.wand.grip.position);
    if (hands.length() < 0.05) return;
    this.stage.setScale(clampScale(apart.length() / hands.length()));
    rig.rotation.y = Math.atan2(hands.z, hands.x) - Math.atan2(apart.z, apart.x);
    rig.updateMatrixWorld(true);
    const middle = one.wand.grip.position.clone().add(other.wand.grip.position).multiplyScalar(0.5);
    this.lay(one.held.clone().add(other.held).multiplyScalar(0.5), middle);
  }

  /** A table has edges: what lies beyond the site would fill the room. */
  private clip(clipped: boolean): void {
    const { centre, radius } = this.site;
    this.stage.clipTo(
      !clipped
        ? []
        : [new THREE.Vector3(1, 0, 0), new THREE.Vector3(-1, 0, 0), new THREE.Vector3(0, 0, 1), new THREE.Vector3(0, 0, -1)].map(
            (normal) => new THREE.Plane(normal, radius - normal.dot(centre)),
          ),
    );
  }
}
