/**
 * How a visitor moves: round a thing (orbit) or through the place (walk), by mouse, touch, keyboard and gamepad; jumps to
 * where one points; and the smooth flights of a tour. Walking keeps the eye 1.65 m above whatever is underfoot.
 */

import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { PadReader } from "./gamepad";
import type { PadReading } from "./gamepad";
import { hitAt } from "./pick";
import { sightRay } from "./ray";
import type { Stage } from "./stage";

export interface View {
  position: THREE.Vector3;
  target: THREE.Vector3;
}

export type Manner = "orbit" | "walk";

export const EYE_HEIGHT_M = 1.65;
const WALK_M_S = 2.6;
const RUN_M_S = 7;
const GROUND_EVERY_S = 0.12;
const STEP_KEYS: Record<string, [number, number]> = {
  KeyW: [0, 1],
  ArrowUp: [0, 1],
  KeyS: [0, -1],
  ArrowDown: [0, -1],
  KeyA: [-1, 0],
  ArrowLeft: [-1, 0],
  KeyD: [1, 0],
  ArrowRight: [1, 0],
};

const LOOK_RAD_S = 1.8;
const JUMP_S = 0.6;
/** so far before a wall one stands that one pointed at, and so far from a thing that one circles */
const BEFORE_M = 0.8;
const NEARER = 0.45;

export interface MovementHandlers {
  reducedMotion(): boolean;
  /** walks or goes round from now on */
  manner(manner: Manner): void;
  /** a button asks for the next (1) or previous (-1) epoch */
  epoch(step: 1 | -1): void;
}

interface Flight {
  from: View;
  to: View;
  seconds: number;
  at: number;
  landed: () => void;
}

/** so near a point of a cloud is ground */
const POINT_M = 0.25;

export class Movement {
  manner: Manner = "orbit";
  private readonly orbit: OrbitControls;
  private readonly keys = new Set<string>();
  private readonly ray = sightRay(POINT_M);
  private flight: Flight | null = null;
  private yaw = 0;
  private pitch = 0;
  private dragging: number | null = null;
  /** thumb stick of the touch pad, -1 to 1 */
  readonly stick = new THREE.Vector2();
  private ground: number | null = null;
  private sinceGround = 0;
  private moved = false;
  private readonly pads = new PadReader();
  private padSeen = false;

  constructor(
    private readonly stage: Stage,
    private readonly solid: THREE.Object3D,
    private readonly handlers: MovementHandlers,
  ) {
    const { camera, canvas } = stage;
    this.orbit = new OrbitControls(camera, canvas);
    this.orbit.enableDamping = true;
    this.orbit.dampingFactor = 0.08;
    this.orbit.minDistance = 0.6;
    this.orbit.maxDistance = 400;
    this.orbit.maxPolarAngle = Math.PI * 0.495;
    this.orbit.zoomToCursor = true;
    this.orbit.addEventListener("change", () => (this.moved = true));
    this.orbit.addEventListener("start", () => this.cancelFlight());
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const type of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(type, (event) => {
        if (event.pointerId === this.dragging) this.dragging = null;
      });
    }
    // Browsers tell of a gamepad when it is first touched; until then it costs nothing.
    window.addEventListener("gamepadconnected", () => (this.padSeen = true));
    canvas.addEventListener("keydown", (event) => {
      if (event.code === "KeyT" && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey) this.jumpAhead();
      if (!(event.code in STEP_KEYS) && event.key !== "Shift") return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      this.keys.add(event.key === "Shift" ? "Shift" : event.code);
      if (event.code.startsWith("Arrow")) event.preventDefault();
    });
    window.addEventListener("keyup", (event) => this.keys.delete(event.key === "Shift" ? "Shift" : event.code));
    window.addEventListener("blur", () => this.keys.clear());
    stage.onTick((delta) => this.tick(delta));
  }

  get target(): THREE.Vector3 {
    if (this.manner === "orbit") return this.orbit.target.clone();
    const ahead = this.stage.camera.getWorldDirection(new THREE.Vector3());
    return this.stage.camera.position.clone().addScaledVector(ahead, 8);
  }

  set reach(metres: number) {
    this.orbit.maxDistance = metres * 4;
  }

  /** Leaves the pointer to somebody else for a while. */
  rest(resting: boolean): void {
    this.orbit.enabled = !resting && this.manner === "orbit";
  }

  /** Stands at `view` at once. */
  place(view: View): void {
    this.cancelFlight();
    this.stage.camera.position.copy(view.position);
    this.orbit.target.copy(view.target);
    this.stage.camera.lookAt(view.target);
    this.takeAngles();
    this.ground = null;
    if (this.manner === "orbit") this.orbit.update();
    this.stage.invalidate();
  }

  /** Goes to `view` on a soft path; at once where motion is not wanted. */
  fly(view: View, seconds = 2.4): Promise<void> {
    this.cancelFlight();
    if (this.handlers.reducedMotion()) {
      this.place(view);
      return Promise.resolve();
    }
    const from = { position: this.stage.camera.position.clone(), target: this.target };
    return new Promise((landed) => {
      this.orbit.enabled = false;
      this.flight = { from, to: view, seconds, at: 0, landed };
    });
  }

  walk(): void {
    if (this.manner === "walk") return;
    this.cancelFlight();
    this.takeAngles();
    this.manner = "walk";
    this.handlers.manner("walk");
    this.orbit.enabled = false;
    const { camera } = this.stage;
    // Down from the air to where one would stand and see the same: towards the target, but not into it.
    const target = this.orbit.target;
    const flat = new THREE.Vector3(camera.position.x - target.x, 0, camera.position.z - target.z);
    if (flat.length() > 45) {
      flat.setLength(45);
      camera.position.x = target.x + flat.x;
      camera.position.z = target.z + flat.z;
    }
    const ground = this.groundAt(camera.position.x, camera.position.z, camera.position.y + 200);
    camera.position.y = (ground ?? target.y) + EYE_HEIGHT_M;
    this.ground = ground;
    const aim = target.clone();
    aim.y = Math.max(aim.y, camera.position.y);
    camera.lookAt(aim);
    this.takeAngles();
    this.stage.invalidate();
  }

  /** Walks from where the eye is, as an address says. */
  walkHere(): void {
    this.manner = "walk";
    this.orbit.enabled = false;
    this.takeAngles();
    this.handlers.manner("walk");
  }

  circle(): void {
    if (this.manner === "orbit") return;
    const target = this.target;
    this.manner = "orbit";
    this.handlers.manner("orbit");
    this.orbit.enabled = true;
    this.orbit.target.copy(target);
    this.orbit.update();
    this.stage.invalidate();
  }

  /** To what is seen at a point of the page (CSS pixels): stands there when walking, else comes nearer; whether there is something. */
  jump(x: number, y: number): boolean {
    const { camera } = this.stage;
    const hit = hitAt(this.stage, this.solid, x, y);
    if (!hit) return false;
    const away = camera.position.clone().sub(hit.point);
    if (this.manner === "orbit") {
      void this.fly({ position: hit.point.clone().addScaledVector(away, NEARER), target: hit.point.clone() }, JUMP_S);
      return true;
    }
    const level = away.setY(0);
    const isWall = hit.normal !== undefined && hit.normal !== null && Math.abs(hit.normal.clone().transformDirection(hit.object.matrixWorld).y) < 0.5;
    const spot = isWall ? hit.point.clone().addScaledVector(level.normalize(), BEFORE_M) : hit.point;
    const ground = this.groundAt(spot.x, spot.z, spot.y + 0.4) ?? this.ground ?? spot.y;
    const position = new THREE.Vector3(spot.x, ground + EYE_HEIGHT_M, spot.z);
    const gaze = new THREE.Vector3(0, 0, -8).applyEuler(new THREE.Euler(this.pitch, this.yaw, 0, "YXZ"));
    void this.fly({ position, target: position.clone().add(gaze) }, JUMP_S);
    return true;
  }

  private jumpAhead(): void {
    const box = this.stage.canvas.getBoundingClientRect();
    this.jump(box.left + this.stage.viewWidth / 2, box.top + box.height / 2);
  }

  /** Height of the ground at (x, z) below `from`, or null where there is none. */
  groundAt(x: number, z: number, from: number): number | null {
    this.ray.set(new THREE.Vector3(x, from, z), new THREE.Vector3(0, -1, 0));
    this.ray.far = 1000;
    const hit = this.ray.intersectObject(this.solid, true)[0];
    return hit ? hit.point.y : null;
  }

  private takeAngles(): void {
    const euler = new THREE.Euler().setFromQuaternion(this.stage.camera.quaternion, "YXZ");
    this.yaw = euler.y;
    this.pitch = euler.x;
  }

  private cancelFlight(): void {
    if (!this.flight) return;
    const { landed } = this.flight;
    this.flight = null;
    this.orbit.enabled = this.manner === "orbit";
    landed();
  }

  private press(event: PointerEvent): void {
    this.stage.canvas.focus({ preventScroll: true });
    if (this.manner !== "walk" || this.dragging !== null) return;
    this.cancelFlight();
    this.dragging = event.pointerId;
    this.stage.canvas.setPointerCapture(event.pointerId);
  }

  private drag(event: PointerEvent): void {
    if (event.pointerId !== this.dragging) return;
    const perPixel = THREE.MathUtils.degToRad(this.stage.camera.fov) / this.stage.canvas.clientHeight;
    this.yaw += event.movementX * perPixel;
    this.pitch = THREE.MathUtils.clamp(this.pitch + event.movementY * perPixel, -1.4, 1.4);
    this.moved = true;
  }

  private tick(delta: number): boolean {
    if (this.stage.renderer.xr.isPresenting) return false;
    if (this.flight) return this.advance(this.flight, delta);
    const step = new THREE.Vector2(this.stick.x, this.stick.y);
    const pad = this.padSeen ? this.pads.read(navigator.getGamepads()) : null;
    if (pad) {
      step.add(new THREE.Vector2(...pad.move));
      this.obey(pad, delta);
    }
    for (const key of this.keys) {
      const direction = STEP_KEYS[key];
      if (direction) step.add(new THREE.Vector2(...direction));
    }
    if (step.lengthSq() > 0 && this.manner === "orbit") this.pan(step, delta);
    if (this.manner === "orbit") this.orbit.update(delta);
    else this.stride(step, delta);
    const moved = this.moved;
    this.moved = false;
    return moved;
  }

  private obey({ look: [x, y], pressed }: PadReading, delta: number): void {
    for (const button of pressed) {
      if (button === "jump") this.jumpAhead();
      else if (button === "manner") this.change();
      else this.handlers.epoch(button === "later" ? 1 : -1);
    }
    if (x === 0 && y === 0) return;
    this.moved = true;
    const [aside, up] = [x * LOOK_RAD_S * delta, y * LOOK_RAD_S * delta];
    if (this.manner === "walk") {
      this.yaw -= aside;
      this.pitch = THREE.MathUtils.clamp(this.pitch + up, -1.4, 1.4);
      return;
    }
    const { target, minPolarAngle, maxPolarAngle } = this.orbit;
    const { position } = this.stage.camera;
    const round = new THREE.Spherical().setFromVector3(position.clone().sub(target));
    round.theta -= aside;
    round.phi = THREE.MathUtils.clamp(round.phi + up, Math.max(minPolarAngle, 0.05), maxPolarAngle);
    position.setFromSpherical(round).add(target);
  }

  /** From walking to going round, or back. */
  change(): void {
    if (this.manner === "walk") this.circle();
    else this.walk();
  }

  /** Keys in orbit move eye and target together over the ground. */
  private pan(step: THREE.Vector2, delta: number): void {
    const { camera } = this.stage;
    const distance = camera.position.distanceTo(this.orbit.target);
    const heading = Math.atan2(camera.position.x - this.orbit.target.x, camera.position.z - this.orbit.target.z);
    const move = new THREE.Vector3(step.x, 0, -step.y).applyAxisAngle(camera.up, heading);
    move.multiplyScalar(distance * 0.6 * delta);
    camera.position.add(move);
    this.orbit.target.add(move);
    this.moved = true;
  }

  private stride(step: THREE.Vector2, delta: number): void {
    const { camera } = this.stage;
    if (step.lengthSq() > 0) {
      if (step.lengthSq() > 1) step.normalize();
      const speed = this.keys.has("Shift") ? RUN_M_S : WALK_M_S;
      const move = new THREE.Vector3(step.x, 0, -step.y).applyAxisAngle(camera.up, this.yaw);
      camera.position.addScaledVector(move, speed * delta);
      this.moved = true;
    }
    this.sinceGround += delta;
    if (this.moved && this.sinceGround > GROUND_EVERY_S) {
      this.sinceGround = 0;
      // From knee height above the eye: steps are climbed, roofs and lintels are not.
      this.ground = this.groundAt(camera.position.x, camera.position.z, camera.position.y + 0.4) ?? this.ground;
    }
    if (this.ground !== null) {
      const wanted = this.ground + EYE_HEIGHT_M;
      const before = camera.position.y;
      camera.position.y = THREE.MathUtils.damp(before, wanted, 9, delta);
      if (Math.abs(camera.position.y - before) > 1e-4) this.moved = true;
    }
    if (this.moved) camera.quaternion.setFromEuler(new THREE.Euler(this.pitch, this.yaw, 0, "YXZ"));
  }

  private advance(flight: Flight, delta: number): boolean {
    flight.at = Math.min(1, flight.at + delta / flight.seconds);
    const t = flight.at;
    const eased = t * t * t * (t * (6 * t - 15) + 10);
    const { camera } = this.stage;
    // Round the target rather than through it: distance and direction are blended apart.
    const target = flight.from.target.clone().lerp(flight.to.target, eased);
    const a = new THREE.Spherical().setFromVector3(flight.from.position.clone().sub(flight.from.target));
    const b = new THREE.Spherical().setFromVector3(flight.to.position.clone().sub(flight.to.target));
    let turn = b.theta - a.theta;
    if (turn > Math.PI) turn -= 2 * Math.PI;
    if (turn < -Math.PI) turn += 2 * Math.PI;
    const here = new THREE.Spherical(
      a.radius * (b.radius / a.radius) ** eased,
      a.phi + (b.phi - a.phi) * eased,
      a.theta + turn * eased,
    );
    camera.position.setFromSpherical(here).add(target);
    camera.lookAt(target);
    this.orbit.target.copy(target);
    if (t >= 1) {
      this.takeAngles();
      this.ground = null;
      this.cancelFlight();
    }
    return true;
  }
}
