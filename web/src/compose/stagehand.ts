/**
 * The stage on which a curator sets things: the scene as the stream sends it, a grip on the chosen thing (move, turn, make
 * larger), and the points that are pointed at. What is moved is seen moving at once; the museum hears of it when it is let go.
 */

import * as THREE from "three";
import { TransformControls } from "three/addons/controls/TransformControls.js";
import { deviceProfile } from "../scene/device";
import { Exhibit } from "../scene/exhibit";
import { Feed } from "../scene/feed";
import { Highlight } from "../scene/highlight";
import { Movement } from "../scene/movement";
import { hitAt, listenToClicks } from "../scene/pick";
import type { Quality } from "../scene/quality";
import { Stage } from "../scene/stage";
import { Watch } from "../scene/watch";
import type { Seek, SessionEvent } from "../stream/session";
import type { Relay } from "../stream/relay";
import type { Link, StreamSocket } from "../stream/socket";
import type { Files } from "../workers/files";
import type { Point } from "../data/exhibition";
import { toView } from "../scene/flights";

export type Grip = "translate" | "rotate" | "scale";

export interface StagehandHandlers {
  link(link: Link): void;
  heard(event: SessionEvent): void;
  seek(): Seek;
  /** a thing was pointed at, or nothing */
  picked(id: string | null, at: THREE.Vector3 | null): void;
  /** the chosen thing was let go somewhere else */
  moved(id: string, transform: number[]): void;
}

const SNAP_M = 0.25;
const SNAP_DEG = 15;
const SNAP_SCALE = 0.1;

export class Stagehand {
  readonly stage: Stage;
  readonly movement: Movement;
  readonly feed: Feed;
  private readonly grip: TransformControls;
  private readonly pivot = new THREE.Object3D();
  private readonly highlight: Highlight;
  private readonly watch: Watch;
  private readonly marks = new THREE.Group();
  private chosen: string | null = null;

  constructor(
    canvas: HTMLCanvasElement,
    scene: { id: string; viewpoint: Point; reach: number },
    quality: Quality,
    files: Files,
    socket: StreamSocket,
    relay: Relay,
    private readonly handlers: StagehandHandlers,
  ) {
    const stage = (this.stage = new Stage(canvas, { capture: new URLSearchParams(location.search).has("capture"), quality }));
    this.feed = new Feed(stage, 4, files, socket, relay, {
      opening: () => ({
        scene: scene.id,
        seek: handlers.seek(),
        view: this.watch.opening(),
        profile: deviceProfile(false),
        budget: {},
        stats: false,
      }),
      link: (link) => handlers.link(link),
      beforeMoment: () => undefined,
      shown: () => {
        this.highlight.refresh();
        stage.invalidate(true);
      },
      heard: (event) => handlers.heard(event),
    });
    const { exhibit } = this.feed;
    stage.scene.add(exhibit.root, this.pivot, this.marks);
    this.movement = new Movement(stage, exhibit.root, { reducedMotion: () => true, manner: () => undefined, epoch: () => undefined });
    this.watch = new Watch(stage, null, (view) => socket.look(view) > 0);
    this.highlight = new Highlight(stage, exhibit);
    this.grip = new TransformControls(stage.camera, canvas);
    const helper = this.grip.getHelper();
    helper.traverse((part) => (part.raycast = () => undefined));
    stage.scene.add(helper);
    this.grip.addEventListener("dragging-changed", ({ value }) => {
      this.movement.rest(value === true);
      if (value !== true) this.letGo();
    });
    this.grip.addEventListener("objectChange", () => this.carry());
    this.grip.addEventListener("change", () => stage.invalidate());
    stage.setReach(Math.max(scene.reach, 4), scene.reach * 3);
    this.movement.reach = Math.max(scene.reach, 4);
    this.movement.place(toView(scene.viewpoint));
    listenToClicks(canvas, (x, y) => {
      if (this.grip.axis !== null) return; // the grip itself was pressed
      const hit = hitAt(stage, exhibit.root, x, y);
      handlers.picked(hit ? Exhibit.placementOf(hit.object) : null, hit?.point ?? null);
    });
  }

  begin(): void {
    this.feed.listen();
    this.watch.now();
    this.feed.socket.start();
  }

  /** Holds a thing by its transform, or nothing. */
  choose(id: string | null, transform: readonly number[] | null): void {
    this.chosen = id;
    this.highlight.show(id);
    if (id === null || !transform) {
      this.grip.detach();
      return;
    }
    this.pivot.matrix.fromArray([...transform]).decompose(this.pivot.position, this.pivot.quaternion, this.pivot.scale);
    this.pivot.updateMatrixWorld(true);
    this.grip.attach(this.pivot);
    this.stage.invalidate();
  }

  /** How the grip takes hold, and whether it goes by steps. */
  hold(grip: Grip, snaps: boolean): void {
    this.grip.setMode(grip);
    this.grip.setTranslationSnap(snaps ? SNAP_M : null);
    this.grip.setRotationSnap(snaps ? THREE.MathUtils.degToRad(SNAP_DEG) : null);
    this.grip.setScaleSnap(snaps ? SNAP_SCALE : null);
    this.stage.invalidate();
  }

  /** Shows a thing elsewhere, before the museum knows of it. */
  show(id: string, transform: readonly number[]): void {
    this.feed.exhibit.move(id, transform);
    if (id === this.chosen) this.choose(id, transform);
    this.highlight.refresh();
    this.stage.invalidate(true);
  }

  /** Marks points of the scene. */
  mark(points: readonly THREE.Vector3[]): void {
    this.marks.clear();
    points.forEach((point, i) => {
      const dot = new THREE.Mesh(DOT, i < 3 ? FROM : TO);
      dot.position.copy(point);
      dot.scale.setScalar(Math.max(0.02, this.stage.camera.position.distanceTo(point) * 0.008));
      dot.renderOrder = 9;
      dot.raycast = () => undefined;
      this.marks.add(dot);
    });
    this.stage.invalidate();
  }

  /** What is in the middle of the picture, and of which thing it is; null where nothing is. */
  middle(): { at: THREE.Vector3; thing: string | null } | null {
    const box = this.stage.canvas.getBoundingClientRect();
    const hit = hitAt(this.stage, this.feed.exhibit.root, box.left + box.width / 2, box.top + box.height / 2);
    return hit && { at: hit.point, thing: Exhibit.placementOf(hit.object) };
  }

  /** The lowest point of what is drawn of a thing, and the height of what lies under it; null where there is nothing under it. */
  gapBelow(id: string): number | null {
    const box = this.feed.exhibit.boxOf(id);
    if (box.isEmpty()) return null;
    const middle = box.getCenter(new THREE.Vector3());
    const ray = new THREE.Raycaster(new THREE.Vector3(middle.x, box.max.y + 1, middle.z), new THREE.Vector3(0, -1, 0));
    const under = ray.intersectObject(this.feed.exhibit.root, true).find((hit) => Exhibit.placementOf(hit.object) !== id);
    return under ? box.min.y - under.point.y : null;
  }

  private carry(): void {
    if (this.chosen === null) return;
    this.pivot.updateMatrix();
    this.feed.exhibit.move(this.chosen, this.pivot.matrix.elements);
    this.highlight.refresh();
    this.stage.invalidate(true);
  }

  private letGo(): void {
    if (this.chosen === null) return;
    this.pivot.updateMatrix();
    this.handlers.moved(this.chosen, this.pivot.matrix.toArray());
  }
}

const DOT = new THREE.SphereGeometry(1, 16, 12);
const FROM = new THREE.MeshBasicMaterial({ color: 0xe8bd6b, depthTest: false, toneMapped: false });
const TO = new THREE.MeshBasicMaterial({ color: 0x7fc4ff, depthTest: false, toneMapped: false });
