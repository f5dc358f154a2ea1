/** Where to stand to see a thing, a note or a curator's view, and the way there. */

import * as THREE from "three";
import type { Placement, Point } from "../data/exhibition";
import { Exhibit } from "./exhibit";
import type { Movement, View } from "./movement";
import { sightRay } from "./ray";
import type { Stage } from "./stage";

export function toView(point: Point): View {
  return { position: new THREE.Vector3(...point.position), target: new THREE.Vector3(...point.target) };
}

/** so near a point of a cloud hides */
const POINT_M = 0.1;

export class Flights {
  constructor(
    private readonly stage: Stage,
    private readonly movement: Movement,
    private readonly exhibit: Exhibit,
    private readonly placements: ReadonlyMap<string, Placement>,
  ) {}

  /** A curator's view, made on a wide screen, from as far as a narrow one needs. */
  framed(point: Point): View {
    const view = toView(point);
    const away = view.position.clone().sub(view.target);
    const { aspect } = this.stage.camera;
    if (aspect < 0.9 && away.length() > 12) view.position.addScaledVector(away, Math.min(1, 0.7 / aspect - 0.62));
    return view;
  }

  toThing(id: string): void {
    const drawn = this.exhibit.boxOf(id);
    const box = drawn.isEmpty() ? this.boxSaid(id) : drawn; // its tiles may be on their way
    if (box.isEmpty() || this.stage.renderer.xr.isPresenting) return;
    const centre = box.getCenter(new THREE.Vector3());
    const radius = Math.max(0.5, Math.min(box.getSize(new THREE.Vector3()).length() / 2, 60));
    const from = this.stage.camera.position.clone().sub(centre).normalize();
    from.y = Math.max(from.y, 0.25);
    const position = this.clearSpot(id, centre, from.normalize(), radius * 2.1);
    void this.movement.fly({ position, target: centre }, 1.8);
  }

  /** Near to a note's place; settles there. */
  toNote(position: readonly [number, number, number]): Promise<void> {
    const target = new THREE.Vector3(...position);
    const from = this.stage.camera.position.clone().sub(target);
    if (from.length() > 25) from.setLength(25);
    from.y = Math.max(from.y, 3);
    return this.movement.fly({ position: target.clone().add(from), target }, 1.6);
  }

  /** Where a thing stands by what is said of it. */
  private boxSaid(id: string): THREE.Box3 {
    const placement = this.placements.get(id);
    const extent = placement?.asset?.tileset?.extent;
    if (!placement || !extent) return new THREE.Box3();
    const box = new THREE.Box3(new THREE.Vector3(...extent.low), new THREE.Vector3(...extent.high));
    return box.applyMatrix4(new THREE.Matrix4().fromArray(placement.transform));
  }

  /** A place at `distance` from `centre` from which nothing else hides it: on this side if there is one, else round it. */
  private clearSpot(id: string, centre: THREE.Vector3, from: THREE.Vector3, distance: number): THREE.Vector3 {
    const ray = sightRay(POINT_M);
    const up = new THREE.Vector3(0, 1, 0);
    for (const turn of [0, 40, -40, 80, -80, 130, -130, 180]) {
      const direction = from.clone().applyAxisAngle(up, THREE.MathUtils.degToRad(turn));
      const spot = centre.clone().addScaledVector(direction, distance);
      ray.set(spot, direction.clone().negate());
      ray.far = distance;
      const hit = ray.intersectObject(this.exhibit.root, true)[0];
      if (!hit || Exhibit.placementOf(hit.object) === id) return spot;
    }
    return centre.clone().addScaledVector(from, distance);
  }
}
