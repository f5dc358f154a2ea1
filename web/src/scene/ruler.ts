/** A distance between two points of what is drawn, metres. */

import * as THREE from "three";
import type { Stage } from "./stage";
import { h } from "../ui/dom";

export interface Distance {
  length: number;
  /** on the level */
  flat: number;
  height: number;
}

export class Ruler {
  /** the length, written at the middle of the line */
  readonly label = h("p", { class: "ruler-label", hidden: true, "aria-hidden": "true" });
  private readonly line = new THREE.Line(
    new THREE.BufferGeometry(),
    new THREE.LineBasicMaterial({ color: 0xffc766, depthTest: false, transparent: true, fog: false }),
  );
  private readonly ends = new THREE.Points(
    new THREE.BufferGeometry(),
    new THREE.PointsMaterial({ color: 0xffc766, size: 11, sizeAttenuation: false, depthTest: false, transparent: true, fog: false }),
  );
  private points: THREE.Vector3[] = [];

  constructor(private readonly stage: Stage) {
    for (const part of [this.line, this.ends]) {
      part.renderOrder = 10;
      part.frustumCulled = false;
      part.visible = false;
      stage.scene.add(part);
    }
    stage.onFrame(() => this.lay());
  }

  /** A point more; a third begins anew. */
  mark(point: THREE.Vector3): void {
    this.points = this.points.length >= 2 ? [point.clone()] : [...this.points, point.clone()];
    this.draw();
  }

  clear(): void {
    this.points = [];
    this.draw();
  }

  get marked(): number {
    return this.points.length;
  }

  /** null until both points are set */
  get distance(): Distance | null {
    const [a, b] = this.points;
    if (!a || !b) return null;
    return { length: a.distanceTo(b), flat: Math.hypot(a.x - b.x, a.z - b.z), height: Math.abs(a.y - b.y) };
  }

  private draw(): void {
    for (const part of [this.line, this.ends]) {
      part.geometry.dispose();
      part.geometry = new THREE.BufferGeometry().setFromPoints(this.points);
    }
    this.ends.visible = this.points.length > 0;
    this.line.visible = this.points.length === 2;
    this.label.hidden = !this.line.visible;
    this.stage.invalidate();
  }

  private lay(): void {
    const [a, b] = this.points;
    if (!a || !b) return;
    const middle = a.clone().lerp(b, 0.5).project(this.stage.camera);
    this.label.hidden = middle.z > 1;
    const x = ((middle.x + 1) / 2) * this.stage.viewWidth;
    const y = ((1 - middle.y) / 2) * this.stage.canvas.clientHeight;
    this.label.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
  }
}
