/** What is under a point of the picture, and clicks as opposed to drags. */

import * as THREE from "three";
import { isHidden } from "./dots";
import { sightRay } from "./ray";
import type { Stage } from "./stage";

const CLICK_MS = 400;
const CLICK_PX = 6;
/** so near a point of a cloud is hit */
const POINT_M = 0.1;

/** The first thing that is drawn at a point of the page (CSS pixels); what is cut away is not. */
export function hitAt(stage: Stage, root: THREE.Object3D, x: number, y: number): THREE.Intersection | null {
  const box = stage.canvas.getBoundingClientRect();
  const ray = sightRay(POINT_M);
  const wide = stage.viewWidth;
  const point = new THREE.Vector2((((x - box.left) % wide) / wide) * 2 - 1, 1 - ((y - box.top) / box.height) * 2);
  ray.setFromCamera(point, stage.camera);
  const planes = stage.renderer.clippingPlanes as readonly THREE.Plane[];
  const stands = (hit: THREE.Intersection): boolean => !isHidden(hit) && planes.every((plane) => plane.distanceToPoint(hit.point) >= 0);
  return ray.intersectObject(root, true).find(stands) ?? null;
}

/** Calls `clicked` for a short press that did not move. */
export function listenToClicks(canvas: HTMLCanvasElement, clicked: (x: number, y: number) => void): void {
  let down: { x: number; y: number; at: number } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    down = event.isPrimary ? { x: event.clientX, y: event.clientY, at: event.timeStamp } : null;
  });
  canvas.addEventListener("pointerup", (event) => {
    const began = down;
    down = null;
    if (!began || event.timeStamp - began.at > CLICK_MS) return;
    if (Math.hypot(event.clientX - began.x, event.clientY - began.y) > CLICK_PX) return;
    clicked(event.clientX, event.clientY);
  });
}
