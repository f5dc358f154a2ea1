/** Two moments on one canvas: a curtain between them, or side by side. The same eye sees both. */

import type * as THREE from "three";
import type { Stage } from "./stage";

export type Layout = "one" | "swipe" | "beside";

export class Split {
  layout: Layout = "one";
  /** where the curtain hangs, 0 to 1 from the left */
  place = 0.5;

  constructor(
    private readonly stage: Stage,
    private readonly left: THREE.Object3D,
    private readonly right: THREE.Object3D,
  ) {
    right.visible = false;
  }

  show(layout: Layout): void {
    this.layout = layout;
    this.stage.edge = layout === "one" ? Infinity : this.boundary;
    this.stage.share(layout === "one" ? null : () => this.paint(), layout === "beside" ? 2 : 1);
  }

  draw(place: number): void {
    this.place = Math.max(0, Math.min(1, place));
    this.stage.edge = this.boundary;
    this.stage.invalidate();
  }

  /** Whether a point of the canvas (CSS pixels from its left) shows the other moment. */
  isRight(x: number): boolean {
    return this.layout !== "one" && x > this.boundary;
  }

  private get boundary(): number {
    return this.stage.canvas.clientWidth * (this.layout === "beside" ? 0.5 : this.place);
  }

  private paint(): void {
    const { renderer, canvas } = this.stage;
    const { clientWidth: width, clientHeight: height } = canvas;
    const x = Math.round(this.boundary);
    const beside = this.layout === "beside";
    renderer.setScissorTest(true);
    for (const [shown, from, to] of [
      [this.left, 0, x],
      [this.right, x, width],
    ] as const) {
      if (to <= from) continue;
      this.left.visible = shown === this.left;
      this.right.visible = shown === this.right;
      renderer.setViewport(beside ? from : 0, 0, beside ? to - from : width, height);
      renderer.setScissor(from, 0, to - from, height);
      renderer.shadowMap.needsUpdate = true; // each moment throws its own
      this.stage.view();
    }
    this.left.visible = true;
    this.right.visible = false;
    renderer.setScissorTest(false);
    renderer.setViewport(0, 0, width, height);
  }
}
