/**
 * The headset: whether there can be one and why not, the session, and moving in it. The head's pose drives the stream like
 * the flat camera does; here it is only read.
 */

import * as THREE from "three";
import type { Pose } from "../stream/frames";
import { EYE_HEIGHT_M } from "./movement";
import type { Movement } from "./movement";
import type { Stage } from "./stage";
import { say } from "../ui/words";

export type Readiness = { ready: true } | { ready: false; why: string };

const SNAP_RAD = Math.PI / 6;
const MOVE_M_S = 2.2;

/** Whether virtual reality can be entered from this page, or why not, in plain words. */
export async function readiness(): Promise<Readiness> {
  if (!window.isSecureContext) {
    return {
      ready: false,
      why: say("no_https", { host: location.hostname }),
    };
  }
  if (!navigator.xr) {
    return { ready: false, why: say("no_webxr") };
  }
  try {
    if (await navigator.xr.isSessionSupported("immersive-vr")) return { ready: true };
  } catch {
    return { ready: false, why: say("xr_forbidden") };
  }
  return { ready: false, why: say("no_headset") };
}

export interface HeadsetHandlers {
  began(): void;
  ended(): void;
  /** the wearer looked away (a system menu, the headset taken off) or came back */
  visible(visible: boolean): void;
  /** a button asks for the next (1) or previous (-1) epoch */
  epoch(step: 1 | -1): void;
}

export class Headset {
  private session: XRSession | null = null;
  private turned = false;
  private pressed = false;
  private ground = 0;
  private sinceGround = 0;
  /** frames, and views drawn in the last one */
  frames = 0;
  views = 0;

  constructor(
    private readonly stage: Stage,
    private readonly movement: Movement,
    private readonly handlers: HeadsetHandlers,
  ) {
    stage.onTick((delta) => this.tick(delta));
  }

  get presenting(): boolean {
    return this.session !== null;
  }

  /** From a click: browsers ask for one. */
  async enter(): Promise<void> {
    if (!navigator.xr || this.session) return;
    const session = await navigator.xr.requestSession("immersive-vr", {
      requiredFeatures: ["local-floor"],
      optionalFeatures: ["hand-tracking", "bounded-floor", "layers"],
    });
    const { camera, rig, renderer } = this.stage;
    const eye = camera.getWorldPosition(new THREE.Vector3());
    const heading = new THREE.Euler().setFromQuaternion(camera.getWorldQuaternion(new THREE.Quaternion()), "YXZ").y;
    // The visitor stands on the ground under where they looked from; a view from the air comes nearer first.
    const target = this.movement.target;
    const away = new THREE.Vector3(eye.x - target.x, 0, eye.z - target.z);
    if (away.length() > 30) away.setLength(30);
    const spot = new THREE.Vector3(target.x + away.x, 0, target.z + away.z);
    this.ground = this.movement.groundAt(spot.x, spot.z, Math.max(eye.y, target.y) + 100) ?? target.y - EYE_HEIGHT_M;
    rig.position.set(spot.x, this.ground, spot.z);
    rig.rotation.set(0, heading, 0);
    this.session = session;
    session.addEventListener("visibilitychange", () => this.handlers.visible(session.visibilityState !== "hidden"));
    session.addEventListener("end", () => this.leave(eye, target));
    await renderer.xr.setSession(session);
    this.handlers.began();
  }

  async exit(): Promise<void> {
    await this.session?.end();
  }

  /** What the head sees, for the stream: position between the eyes, the taller field of view, one eye's pixels. */
  view(): Pose | null {
    if (!this.session) return null;
    const xr = this.stage.renderer.xr.getCamera();
    const eyes: readonly THREE.PerspectiveCamera[] = xr.cameras;
    if (xr.cameras.length < 1) return null;
    const position = new THREE.Vector3();
    const orientation = new THREE.Quaternion();
    xr.matrixWorld.decompose(position, orientation, new THREE.Vector3());
    let height = 0;
    let tangent = 0;
    let aspect = 0.5;
    const centre = new THREE.Vector3();
    for (const eye of eyes) {
      const projection = eye.projectionMatrix.elements;
      height = Math.max(height, eye.viewport?.w ?? 0);
      tangent = Math.max(tangent, 1 / projection[5]!);
      // Both eyes together see wider than one; asymmetric frusta are covered by a symmetric one that is a little larger.
      aspect = Math.max(aspect, (projection[5]! / projection[0]!) * 1.15);
      centre.add(new THREE.Vector3().setFromMatrixPosition(eye.matrixWorld));
    }
    centre.divideScalar(eyes.length);
    return {
      eye: [centre.x, centre.y, centre.z],
      orientation: [orientation.x, orientation.y, orientation.z, orientation.w],
      fov: 2 * Math.atan(tangent),
      aspect,
      height,
    };
  }

  private leave(eye: THREE.Vector3, target: THREE.Vector3): void {
    this.session = null;
    this.stage.rig.position.set(0, 0, 0);
    this.stage.rig.rotation.set(0, 0, 0);
    this.movement.place({ position: eye, target });
    this.handlers.ended();
  }

  private tick(delta: number): boolean {
    const session = this.session;
    if (!session) return false;
    this.frames += 1;
    this.views = this.stage.renderer.xr.getCamera().cameras.length;
    for (const source of session.inputSources) {
      const pad = source.gamepad;
      if (!pad) continue;
      const x = pad.axes[2] ?? pad.axes[0] ?? 0;
      const y = pad.axes[3] ?? pad.axes[1] ?? 0;
      if (source.handedness === "right") this.snapTurn(x);
      else if (Math.hypot(x, y) > 0.15) this.glide(x, y, delta);
      if (source.handedness === "right") {
        const next = pad.buttons[4]?.pressed ?? false; // A
        const previous = pad.buttons[5]?.pressed ?? false; // B
        if ((next || previous) && !this.pressed) this.handlers.epoch(next ? 1 : -1);
        this.pressed = next || previous;
      }
    }
    return true;
  }

  /** By steps: smooth turning makes people sick. Round the head, not round the rig's centre. */
  private snapTurn(x: number): void {
    if (Math.abs(x) < 0.3) this.turned = false;
    if (this.turned || Math.abs(x) < 0.7) return;
    this.turned = true;
    const { rig } = this.stage;
    const head = new THREE.Vector3().setFromMatrixPosition(this.stage.renderer.xr.getCamera().matrixWorld);
    const angle = -Math.sign(x) * SNAP_RAD;
    rig.position.sub(head).applyAxisAngle(rig.up, angle).add(head);
    rig.position.y = this.ground;
    rig.rotation.y += angle;
  }

  private glide(x: number, y: number, delta: number): void {
    const { rig } = this.stage;
    const camera = this.stage.renderer.xr.getCamera();
    const ahead = camera.getWorldDirection(new THREE.Vector3()).setY(0).normalize();
    const aside = new THREE.Vector3(-ahead.z, 0, ahead.x);
    rig.position.addScaledVector(ahead, -y * MOVE_M_S * delta).addScaledVector(aside, x * MOVE_M_S * delta);
    this.sinceGround += delta;
    if (this.sinceGround < 0.2) return;
    this.sinceGround = 0;
    const head = new THREE.Vector3().setFromMatrixPosition(camera.matrixWorld);
    this.ground = this.movement.groundAt(head.x, head.z, head.y + 0.4) ?? this.ground;
    rig.position.y = this.ground;
  }
}
