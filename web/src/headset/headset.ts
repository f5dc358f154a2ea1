/**
 * The headset: a session, what the wearer does in it, and what the stream is told of the head. Moving is `feet`'s, the board
 * on the wrist `board`'s. The head's pose drives the stream like the flat camera does; here it is only read.
 */

import * as THREE from "three";
import { Exhibit } from "../scene/exhibit";
import type { Movement } from "../scene/movement";
import { EYE_HEIGHT_M } from "../scene/movement";
import { sightRay } from "../scene/ray";
import type { Stage } from "../scene/stage";
import type { Pose } from "../stream/frames";
import { Beam } from "./beam";
import { Board } from "./board";
import type { BoardView, Button, Pointed } from "./board";
import { Blinkers, keepComfort, keptComfort } from "./comfort";
import { Feet } from "./feet";
import { Fingers } from "./fingers";
import type { Mode } from "./readiness";
import { FIRST_BUTTON, SECOND_BUTTON, Wands } from "./wands";
import type { Hand, Wand } from "./wands";

export interface HeadsetHandlers {
  began(): void;
  ended(): void;
  /** the wearer looked away (a system menu, the headset taken off) or came back */
  visible(visible: boolean): void;
  /** a button asks for the next (1) or previous (-1) epoch */
  epoch(step: 1 | -1): void;
  /** the dial is turned; `settled`: it was let go */
  turn(year: number, settled: boolean): void;
  /** what the board shows */
  dial(): Omit<BoardView, "size" | "comfort">;
  /** what a placement is called, and when it stood */
  named(placement: string): [name: string, when: string] | null;
  follow(): void;
  /** where the guide's head is, scene frame; null where nobody leads */
  guide(): THREE.Vector3 | null;
}

/** What devices with a choice are asked for, frames a second: steady is better than quick. */
const RATE_HZ = 72;
const FOVEATION = 1;
const POINTS_M = 80;
/** the way of the stick that aims a jump, and the one that turns */
const AIMS = -0.6;
const TURNS = 0.7;
const RESTS = 0.3;
const AIM_EVERY_S = 0.06;
const BESIDE_M = 1.2;
/** so near a point of a cloud is pointed at */
const POINT_M = 0.1;

export class Headset {
  readonly feet: Feet;
  readonly wands: Wands;
  private session: XRSession | null = null;
  private readonly board: Board;
  private readonly beam: Beam;
  private readonly blinkers: Blinkers;
  private readonly fingers: Fingers;
  private readonly sight = sightRay(POINT_M);
  private comfort = keptComfort();
  private turned = false;
  private stepped = false;
  private gliding = false;
  /** what the press of the right hand is for, from its beginning to its end */
  private press: "none" | "dial" | "button" | "aim" | "name" = "none";
  private pressedYear: number | null = null;
  private landing: THREE.Vector3 | null = null;
  private sinceAim = Infinity;
  /** the frame that lays the table: the first ones tell where the head is */
  private tableAt = Infinity;
  /** frames, and views drawn in the last one */
  frames = 0;
  views = 0;

  constructor(
    private readonly stage: Stage,
    private readonly movement: Movement,
    private readonly solid: THREE.Object3D,
    private readonly handlers: HeadsetHandlers,
  ) {
    this.feet = new Feet(stage, movement, solid);
    this.wands = new Wands(stage);
    this.board = new Board(stage.rig);
    this.beam = new Beam(stage);
    this.blinkers = new Blinkers(stage);
    this.fingers = new Fingers(stage, this.wands);
    stage.onTick((delta) => this.tick(delta));
  }

  get presenting(): boolean {
    return this.session !== null;
  }

  /** What tests ask. */
  get stats(): object {
    const { feet, blinkers, fingers, beam, landing } = this;
    return {
      size: feet.size,
      scale: feet.scale,
      closed: blinkers.closed,
      fingers: fingers.count,
      named: beam.named,
      landing: landing?.toArray() ?? null,
      comfort: this.comfort,
      board: this.board.object.visible,
    };
  }

  /** Where the board has something, scene frame. */
  onBoard(what: Exclude<Pointed, { kind: "face" }>): number[] | null {
    return this.board.placeOf(what)?.toArray() ?? null;
  }

  /** From a click: browsers ask for one. With `immersive-ar` the site lies on a table of the wearer's room. */
  async enter(mode: Mode = "immersive-vr"): Promise<void> {
    if (!navigator.xr || this.session) return;
    const session = await navigator.xr.requestSession(mode, {
      requiredFeatures: ["local-floor"],
      optionalFeatures: ["hand-tracking", "bounded-floor", "layers"],
    });
    const { camera, renderer } = this.stage;
    const eye = camera.getWorldPosition(new THREE.Vector3());
    const heading = new THREE.Euler().setFromQuaternion(camera.getWorldQuaternion(new THREE.Quaternion()), "YXZ").y;
    // The visitor stands on the ground under where they looked from; a view from the air comes nearer first.
    const target = this.movement.target;
    const away = new THREE.Vector3(eye.x - target.x, 0, eye.z - target.z);
    if (away.length() > 30) away.setLength(30);
    const spot = new THREE.Vector3(target.x + away.x, 0, target.z + away.z);
    spot.y = this.movement.groundAt(spot.x, spot.z, Math.max(eye.y, target.y) + 100) ?? target.y - EYE_HEIGHT_M;
    this.feet.begin(spot, heading);
    this.session = session;
    session.addEventListener("visibilitychange", () => this.handlers.visible(session.visibilityState !== "hidden"));
    session.addEventListener("end", () => this.leave(eye, target));
    renderer.xr.setFoveation(FOVEATION);
    await renderer.xr.setSession(session);
    steady(session);
    this.stage.seeThrough(mode === "immersive-ar");
    if (mode === "immersive-ar") this.tableAt = this.frames + 3;
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
    this.stage.seeThrough(false);
    this.feet.end();
    this.beam.hide();
    this.beam.unname();
    this.blinkers.open();
    this.board.hide();
    this.landing = null;
    this.tableAt = Infinity;
    this.movement.place({ position: eye, target });
    this.handlers.ended();
  }

  private tick(delta: number): boolean {
    if (!this.session) return false;
    this.frames += 1;
    this.views = this.stage.renderer.xr.getCamera().cameras.length;
    if (this.frames >= this.tableAt) {
      this.tableAt = Infinity;
      this.feet.resize("table");
    }
    const [left, right] = [this.wands.of("left"), this.wands.of("right")];
    this.gliding = false;
    if (left) this.walk(left, delta);
    const what = this.showBoard(left, right);
    if (right) {
      this.steer(right, delta);
      this.point(right, what, delta);
    } else this.beam.hide();
    this.feet.hold([left, right].filter((wand) => wand !== null));
    this.blinkers.tick(delta, this.gliding && this.comfort.edges);
    this.beam.tick(delta);
    this.fingers.tick();
    return true;
  }

  // ── moving ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  private walk(wand: Wand, delta: number): void {
    const [x, y] = wand.stick;
    if (x === 0 && y === 0) return;
    this.gliding = true;
    this.feet.glide(x, y, delta);
  }

  /** The right stick turns, its push aims a jump; its buttons step through time. */
  private steer(wand: Wand, delta: number): void {
    const [x, y] = wand.stick;
    if (this.comfort.steps) {
      if (Math.abs(x) < RESTS) this.turned = false;
      if (!this.turned && Math.abs(x) > TURNS) {
        this.turned = true;
        this.feet.snap(x);
      }
    } else if (Math.abs(x) > RESTS && y > AIMS) {
      this.gliding = true;
      this.feet.sweep(x, delta);
    }
    const [next, previous] = [wand.button(FIRST_BUTTON), wand.button(SECOND_BUTTON)];
    if ((next || previous) && !this.stepped) this.handlers.epoch(next ? 1 : -1);
    this.stepped = next || previous;
  }

  private jump(): void {
    if (this.landing) {
      this.blinkers.blink();
      this.feet.stand(this.landing);
    }
    this.landing = null;
    this.sinceAim = Infinity;
  }

  // ── pointing ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private showBoard(left: Wand | null, right: Wand | null): { at: THREE.Vector3; what: Pointed } | null {
    if (!this.board.place(left?.grip ?? null, this.stage.camera)) return null;
    const pointed = right ? this.board.pointed(rayOf(right)) : null;
    const hovered = pointed?.what.kind === "button" ? pointed.what.button : null;
    this.board.show({ ...this.handlers.dial(), size: this.feet.size, comfort: this.comfort }, hovered);
    return pointed;
  }

  private point(wand: Wand, board: { at: THREE.Vector3; what: Pointed } | null, delta: number): void {
    const ray = rayOf(wand);
    const aims = this.feet.size !== "table" && (wand.stick[1] < AIMS || this.press === "aim");
    if (wand.pressed && this.press === "none") this.begin(wand, ray, board?.what ?? null);
    if (!wand.pressed && this.press !== "none") this.release();
    if (this.press === "dial" && board?.what.kind === "dial" && board.what.year !== this.pressedYear) {
      this.pressedYear = board.what.year;
      this.handlers.turn(board.what.year, false);
    }
    if (aims) {
      this.aim(ray, delta);
      return;
    }
    if (this.landing || this.sinceAim !== Infinity) this.jump();
    this.beam.straight(ray.origin, board?.at ?? ray.at(POINTS_M * this.feet.scale, new THREE.Vector3()));
  }

  private aim(ray: THREE.Ray, delta: number): void {
    this.sinceAim = this.sinceAim === Infinity ? AIM_EVERY_S : this.sinceAim + delta;
    if (this.sinceAim < AIM_EVERY_S) return;
    this.sinceAim = 0; // rays through all that is drawn are dear
    const landing = this.feet.aim(ray.origin, ray.direction);
    this.landing = landing.spot;
    this.beam.throw(landing, this.feet.scale);
  }

  private begin(wand: Wand, ray: THREE.Ray, what: Pointed | null): void {
    if (what?.kind === "dial") this.press = "dial";
    else if (what?.kind === "button") {
      this.press = "button";
      this.push(what.button);
    } else if (what?.kind === "face") this.press = "button";
    else if (this.tell(ray)) this.press = "name";
    else this.press = wand.isHand ? "aim" : "name"; // a hand has no stick: a pinch into the open aims
  }

  private release(): void {
    if (this.press === "dial" && this.pressedYear !== null) this.handlers.turn(this.pressedYear, true);
    this.pressedYear = null;
    this.press = "none";
  }

  /** Says what a thing is called; whether there is one that has a name. */
  private tell(ray: THREE.Ray): boolean {
    this.sight.ray.copy(ray);
    this.sight.far = POINTS_M * this.feet.scale;
    const hit = this.sight.intersectObject(this.solid, true)[0];
    const placement = hit && Exhibit.placementOf(hit.object);
    const words = placement ? this.handlers.named(placement) : null;
    if (!hit || !words) {
      this.beam.unname();
      return false;
    }
    this.beam.name(words, hit.point);
    return true;
  }

  private push(button: Button): void {
    switch (button) {
      case "earlier":
      case "later":
        this.handlers.epoch(button === "later" ? 1 : -1);
        break;
      case "life":
      case "giant":
      case "table":
        this.blinkers.blink();
        this.feet.resize(button);
        break;
      case "steps":
      case "edges":
        this.comfort = { ...this.comfort, [button]: !this.comfort[button] };
        keepComfort(this.comfort);
        break;
      case "follow":
        this.handlers.follow();
        break;
      case "guide":
        this.toGuide();
        break;
      case "leave":
        void this.exit();
        break;
    }
  }

  /** Beside the guide, not into them. */
  private toGuide(): void {
    const guide = this.handlers.guide();
    if (!guide) return;
    if (this.feet.size === "table") this.feet.resize("life");
    const from = this.feet.head.sub(guide).setY(0);
    if (from.lengthSq() < 1e-4) from.set(0, 0, 1);
    const spot = guide.clone().addScaledVector(from.normalize(), BESIDE_M);
    spot.y = this.movement.groundAt(spot.x, spot.z, guide.y + 0.4) ?? guide.y - EYE_HEIGHT_M;
    this.blinkers.blink();
    this.feet.stand(spot);
  }

  /** A hand as others see it: where it is, and the way that it points; null where it is not tracked. */
  stance(side: Hand): { position: THREE.Vector3; orientation: THREE.Quaternion } | null {
    const wand = this.wands.of(side);
    if (!wand?.grip.visible) return null;
    wand.ray.updateWorldMatrix(true, false);
    return {
      position: wand.grip.getWorldPosition(new THREE.Vector3()),
      orientation: wand.ray.getWorldQuaternion(new THREE.Quaternion()),
    };
  }
}

function rayOf({ ray }: Wand): THREE.Ray {
  ray.updateWorldMatrix(true, false);
  const origin = new THREE.Vector3().setFromMatrixPosition(ray.matrixWorld);
  return new THREE.Ray(origin, new THREE.Vector3(0, 0, -1).transformDirection(ray.matrixWorld));
}

/** Asks for a frame rate that can be kept, where the device has a choice. */
function steady(session: XRSession): void {
  const offered = [...(session.supportedFrameRates ?? [])].sort((a, b) => a - b);
  const rate = offered.find((hz) => hz >= RATE_HZ) ?? offered.at(-1);
  if (rate !== undefined) void session.updateTargetFrameRate?.(rate).catch(() => undefined);
}
