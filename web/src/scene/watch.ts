/**
 * Tells the stream where the eye is and how it moves: at most ten times a second while it moves, once more when it stops,
 * and at once when it jumped. Poses are personal data: they go to the stream and nowhere else.
 */

import * as THREE from "three";
import type { Look, Pose } from "../stream/frames";
import { MotionMeter } from "../stream/motion";
import type { Motion } from "../stream/motion";
import type { Headset } from "../headset/headset";
import type { Stage } from "./stage";

type Gaze = Omit<Look, "look">;

const EVERY_MS = 100;
const MOVED_M = 0.01;
const TURNED_RAD = 0.01;
const JUMP_M = 3;
const JUMP_RAD = 0.5;

export class Watch {
  private sent: Pose | null = null;
  private sentAt = -Infinity;
  /** the last look told of movement, so that its end is to be told, too */
  private saidMoving = false;
  private readonly meter = new MotionMeter();

  constructor(
    private readonly stage: Stage,
    private readonly headset: Headset | null,
    private readonly look: (view: Gaze) => boolean,
  ) {
    stage.onTick(() => {
      this.maybe();
      return false;
    });
  }

  private pose(): Pose {
    const inside = this.headset?.view();
    if (inside) return inside;
    const { camera, canvas } = this.stage;
    camera.updateMatrixWorld();
    const eye = camera.getWorldPosition(new THREE.Vector3());
    const gaze = camera.getWorldQuaternion(new THREE.Quaternion());
    return {
      eye: [eye.x, eye.y, eye.z],
      orientation: [gaze.x, gaze.y, gaze.z, gaze.w],
      fov: THREE.MathUtils.degToRad(camera.fov),
      aspect: THREE.MathUtils.clamp(camera.aspect, 0.05, 20),
      height: Math.max(1, canvas.height),
    };
  }

  /** The pose that a new connection is opened with. */
  opening(): Pose {
    this.sent = this.pose();
    this.sentAt = performance.now();
    this.saidMoving = false;
    return this.sent;
  }

  now(): void {
    this.sent = null;
    this.maybe();
  }

  private maybe(): void {
    const now = performance.now();
    const pose = this.pose();
    const motion = this.meter.observe(now, pose.eye, pose.orientation);
    const { distance, angle, shape } = difference(this.sent, pose);
    const stopped = this.saidMoving && isStill(motion);
    if (distance < MOVED_M && angle < TURNED_RAD && !shape && !stopped) return;
    const jumped = distance > JUMP_M || angle > JUMP_RAD || stopped;
    if (now - this.sentAt < (jumped ? EVERY_MS / 4 : EVERY_MS)) return;
    if (!this.look({ ...pose, ...motion, sight: [0, 0] })) return;
    this.sent = pose;
    this.sentAt = now;
    this.saidMoving = !isStill(motion);
  }
}

function isStill({ velocity, turning }: Motion): boolean {
  return [...velocity, ...turning].every((speed) => speed === 0);
}

function difference(a: Pose | null, b: Pose): { distance: number; angle: number; shape: boolean } {
  if (!a) return { distance: Infinity, angle: Infinity, shape: true };
  const distance = Math.hypot(a.eye[0] - b.eye[0], a.eye[1] - b.eye[1], a.eye[2] - b.eye[2]);
  const angle = new THREE.Quaternion(...a.orientation).angleTo(new THREE.Quaternion(...b.orientation));
  const shape =
    Math.abs(a.fov - b.fov) > 0.01 || Math.abs(a.aspect / b.aspect - 1) > 0.02 || Math.abs(a.height - b.height) > 8;
  return { distance, angle, shape };
}
