/**
 * The board on the left wrist: the dial of time, and buttons for what a page's buttons cannot do where no page is seen. A
 * picture of text on a plane; what is pointed at is worked out from where the ray meets it.
 */

import * as THREE from "three";
import type { Epoch } from "../data/exhibition";
import { unclipped } from "../scene/unclipped";
import type { TimeScale } from "../time/scale";
import { say } from "../ui/words";
import type { Word } from "../ui/words";
import type { Comfort } from "./comfort";
import { INNER, angleOf, placeAt, pointOf } from "./dial";
import type { Size } from "./sizes";

export interface BoardView {
  scale: TimeScale;
  epochs: readonly Epoch[];
  year: number;
  /** the moment and its epochs, as they are called */
  title: string;
  epoch: string;
  size: Size;
  comfort: Comfort;
  /** null: nobody leads */
  guide: { following: boolean } | null;
}

export type Button = "earlier" | "later" | Size | "steps" | "edges" | "follow" | "guide" | "leave";
export type Pointed = { kind: "button"; button: Button } | { kind: "dial"; year: number } | { kind: "face" };

interface Key {
  button: Button;
  word: Word;
  on: boolean;
  x: number;
  y: number;
  width: number;
}

const WIDTH = 800;
const HEIGHT = 450;
const METRES = 0.3;
const ROW = 68;
const KEY_HEIGHT = 56;
const DIAL = { x: 205, y: 205, radius: 170 };
const INK = "#f4efe6";
const GOLD = "#e8bd6b";
const FACE = "rgb(15 19 25 / 0.9)";
const RIGHT = 420;
const FULL = 348;

/** over the wrist, metres of the room; and how far below the eyes a wrist is that hangs down, and shows no board */
const ABOVE_M = 0.15;
const HANGS_M = 0.62;
/** least cosine between where the wearer looks and where the wrist is */
const SEEN = 0.35;

export class Board {
  private readonly canvas = document.createElement("canvas");
  private readonly texture = new THREE.CanvasTexture(this.canvas);
  readonly object: THREE.Mesh<THREE.PlaneGeometry, THREE.MeshBasicMaterial>;
  private view: BoardView | null = null;
  private hovered: Button | null = null;
  private drawn = "";
  private keys: readonly Key[] = [];

  constructor(private readonly rig: THREE.Object3D) {
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.texture.colorSpace = THREE.SRGBColorSpace;
    const material = unclipped(
      new THREE.MeshBasicMaterial({ map: this.texture, transparent: true, depthWrite: false, fog: false, toneMapped: false }),
    );
    this.object = new THREE.Mesh(new THREE.PlaneGeometry(METRES, (METRES * HEIGHT) / WIDTH), material);
    this.object.renderOrder = 12;
    this.object.raycast = () => undefined;
    this.object.visible = false;
    rig.add(this.object);
  }

  /**
   * Over a wrist that is held up, towards the eyes whichever way the wrist is turned: what is read is not to be tilted. Poses
   * are the room's. Answers whether it is seen.
   */
  place(grip: THREE.Object3D | null, head: THREE.Object3D): boolean {
    const up = grip?.visible ? grip.position.clone().setY(grip.position.y + ABOVE_M) : null;
    const away = up?.clone().sub(head.position);
    const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(head.quaternion);
    this.object.visible = !!up && !!away && away.y > ABOVE_M - HANGS_M && away.clone().normalize().dot(ahead) > SEEN;
    if (up && this.object.visible) {
      this.object.position.copy(up);
      this.object.lookAt(this.rig.localToWorld(head.position.clone()));
    }
    return this.object.visible;
  }

  hide(): void {
    this.object.visible = false;
  }

  show(view: BoardView, hovered: Button | null): void {
    this.view = view;
    this.hovered = hovered;
    const state = JSON.stringify([view.year, view.title, view.epoch, view.size, view.comfort, view.guide, hovered]);
    if (state === this.drawn) return;
    this.drawn = state;
    this.keys = keysOf(view);
    this.paint(view);
  }

  /** Where a ray meets the board and what it points at there; null where it passes. */
  pointed(ray: THREE.Ray): { at: THREE.Vector3; what: Pointed } | null {
    if (!this.view || !this.object.visible) return null;
    this.object.updateWorldMatrix(true, false);
    const normal = this.object.getWorldDirection(new THREE.Vector3());
    if (ray.direction.dot(normal) >= 0) return null;
    const plane = new THREE.Plane().setFromNormalAndCoplanarPoint(normal, new THREE.Vector3().setFromMatrixPosition(this.object.matrixWorld));
    const at = ray.intersectPlane(plane, new THREE.Vector3());
    if (!at) return null;
    const local = this.object.worldToLocal(at.clone());
    const x = (local.x / METRES + 0.5) * WIDTH;
    const y = (0.5 - (local.y * WIDTH) / (METRES * HEIGHT)) * HEIGHT;
    if (x < 0 || x > WIDTH || y < 0 || y > HEIGHT) return null;
    return { at, what: this.under(x, y, this.view) };
  }

  private under(x: number, y: number, { scale }: BoardView): Pointed {
    const key = this.keys.find((one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + KEY_HEIGHT);
    if (key) return { kind: "button", button: key.button };
    const place = placeAt((x - DIAL.x) / DIAL.radius, (DIAL.y - y) / DIAL.radius);
    return place === null ? { kind: "face" } : { kind: "dial", year: scale.year(place) };
  }

  /** A point of the board that stands for `what`, scene frame: where tests point. */
  placeOf(what: Exclude<Pointed, { kind: "face" }>): THREE.Vector3 | null {
    if (!this.view) return null;
    let pixel: [number, number];
    if (what.kind === "dial") {
      const [x, y] = pointOf(this.view.scale.place(what.year));
      const middle = (DIAL.radius * (1 + INNER)) / 2;
      pixel = [DIAL.x + x * middle, DIAL.y - y * middle];
    } else {
      const key = this.keys.find(({ button }) => button === what.button);
      if (!key) return null;
      pixel = [key.x + key.width / 2, key.y + KEY_HEIGHT / 2];
    }
    this.object.updateWorldMatrix(true, false);
    const local = new THREE.Vector3((pixel[0] / WIDTH - 0.5) * METRES, ((0.5 - pixel[1] / HEIGHT) * METRES * HEIGHT) / WIDTH, 0);
    return this.object.localToWorld(local);
  }

  private paint(view: BoardView): void {
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    pen.fillStyle = FACE;
    pen.beginPath();
    pen.roundRect(0, 0, WIDTH, HEIGHT, 44);
    pen.fill();
    this.paintDial(pen, view);
    pen.textBaseline = "middle";
    pen.font = '500 27px "Inter Variable", system-ui, sans-serif';
    for (const key of this.keys) {
      const lit = this.hovered === key.button;
      pen.fillStyle = key.on ? GOLD : lit ? "rgb(244 239 230 / 0.32)" : "rgb(244 239 230 / 0.13)";
      pen.beginPath();
      pen.roundRect(key.x, key.y, key.width, KEY_HEIGHT, 16);
      pen.fill();
      pen.fillStyle = key.on ? "#14181f" : INK;
      pen.textAlign = "center";
      pen.fillText(say(key.word), key.x + key.width / 2, key.y + KEY_HEIGHT / 2 + 1, key.width - 16);
    }
    this.texture.needsUpdate = true;
  }

  private paintDial(pen: CanvasRenderingContext2D, { scale, epochs, year, title, epoch }: BoardView): void {
    const { x, y, radius } = DIAL;
    const ring = (from: number, to: number, colour: string, alpha: number): void => {
      pen.globalAlpha = alpha;
      pen.strokeStyle = colour;
      pen.lineWidth = radius * (1 - INNER);
      pen.beginPath();
      pen.arc(x, y, (radius * (1 + INNER)) / 2, -angleOf(from), -angleOf(to));
      pen.stroke();
      pen.globalAlpha = 1;
    };
    ring(0, 1, INK, 0.14);
    for (const { colour, existence: span } of epochs) {
      const place = (value: number | null, other: number): number => scale.place(value ?? other);
      // As it may have been, and over it, as it surely was: soft ends are seen as such.
      ring(place(span.startEarliestYear, scale.first), place(span.endLatestYear === null ? null : span.endLatestYear + 1, scale.last), colour, 0.45);
      const [from, to] = [place(span.startLatestYear, scale.first), place(span.endEarliestYear, scale.last)];
      if (from < to) ring(from, to, colour, 0.8);
    }
    const [right, up] = pointOf(scale.place(year));
    pen.strokeStyle = INK;
    pen.lineWidth = 7;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(x + right * radius * (INNER - 0.06), y - up * radius * (INNER - 0.06));
    pen.lineTo(x + right * radius * 1.07, y - up * radius * 1.07);
    pen.stroke();
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = INK;
    pen.font = '400 64px "Newsreader Variable", Georgia, serif';
    pen.fillText(title, x, y, radius * INNER * 1.75);
    pen.fillStyle = GOLD;
    pen.font = '400 36px "Newsreader Variable", Georgia, serif';
    pen.fillText(epoch, x, y + radius + 40, 370);
  }
}

function keysOf({ size, comfort, guide }: BoardView): Key[] {
  const keys: Key[] = [];
  const row = (...of: [button: Button, word: Word, on: boolean][]): void => {
    const y = 28 + ROW * rows++;
    const width = (FULL - 10 * (of.length - 1)) / of.length;
    of.forEach(([button, word, on], i) => keys.push({ button, word, on, x: RIGHT + i * (width + 10), y, width }));
  };
  let rows = 0;
  row(["earlier", "xr_earlier", false], ["later", "xr_later", false]);
  row(["life", "xr_life", size === "life"], ["giant", "xr_giant", size === "giant"], ["table", "xr_table", size === "table"]);
  row(["steps", "xr_steps", comfort.steps]);
  row(["edges", "xr_edges", comfort.edges]);
  if (guide) row(["follow", "xr_follow", guide.following], ["guide", "xr_guide", false]);
  row(["leave", "leave_vr", false]);
  return keys;
}
