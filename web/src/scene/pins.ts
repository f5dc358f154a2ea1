/**
 * Annotations as pins over the picture: real buttons, in reading order for those who do not see it, placed each frame.
 * A pin behind a wall is dimmed, one behind the eye is not shown; one card is open at a time.
 */

import * as THREE from "three";
import type { Annotation } from "../data/exhibition";
import { stands } from "../time/scale";
import { button, h } from "../ui/dom";
import { noteBody } from "../ui/thing";
import { metres, say } from "../ui/words";
import { Outline } from "./outline";
import type { Stage } from "./stage";

interface Pin {
  annotation: Annotation;
  at: THREE.Vector3;
  element: HTMLButtonElement;
  standing: boolean;
}

export class Pins {
  readonly element = h("div", { class: "pins", "aria-label": say("annotations"), role: "group" });
  private readonly pins: Pin[];
  private readonly card = h("article", { class: "pin-card panel", tabindex: "-1", hidden: true });
  private open: Pin | null = null;
  /** meets surfaces alone: between points one sees through, and there are millions */
  private readonly ray = new THREE.Raycaster();
  private turn = 0;
  /** frames of the stage when last looked at, and pins whose ray is still to be cast */
  private drawn = -1;
  private unchecked = 0;
  private readonly outline: Outline;

  constructor(
    private readonly stage: Stage,
    private readonly solid: THREE.Object3D,
    annotations: readonly Annotation[],
  ) {
    this.pins = annotations.map((annotation) => {
      const element = h(
        "button",
        { type: "button", class: "pin", "aria-label": say("note", { title: annotation.title }), "aria-expanded": "false" },
        h("span", { class: "pin-dot" }),
        h("span", { class: "pin-title", "aria-hidden": "true" }, annotation.title),
      );
      const pin: Pin = { annotation, at: new THREE.Vector3(...annotation.position), element, standing: false };
      element.addEventListener("click", () => (this.open === pin ? this.close() : this.show(pin)));
      return pin;
    });
    this.outline = new Outline(stage);
    this.element.append(...this.pins.map((pin) => pin.element), this.card);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.open) return;
      const { element } = this.open;
      this.close();
      element.focus();
    });
    stage.onFrame(() => this.lay());
    window.setInterval(() => this.checkOne(), 250);
  }

  /** Shows those that stand in `year`. */
  at(year: number): void {
    for (const pin of this.pins) {
      pin.standing = stands(pin.annotation.existence, year) !== "no";
      pin.element.hidden = !pin.standing;
      if (!pin.standing && this.open === pin) this.close();
    }
    this.lay();
  }

  get standing(): Annotation[] {
    return this.pins.filter((pin) => pin.standing).map((pin) => pin.annotation);
  }

  showById(id: string): void {
    const pin = this.pins.find((one) => one.annotation.id === id);
    if (pin) this.show(pin);
  }

  close(): void {
    this.open?.element.setAttribute("aria-expanded", "false");
    this.open = null;
    this.outline.show([]);
    this.card.hidden = true;
  }

  private show(pin: Pin): void {
    this.close();
    this.open = pin;
    pin.element.setAttribute("aria-expanded", "true");
    const { annotation } = pin;
    const { surface } = annotation.anchor;
    this.card.replaceChildren(
      button("close", say("close"), () => this.close(), { class: "button-round panel-close" }),
      h("p", { class: "eyebrow" }, annotation.existence.label),
      h("h2", {}, annotation.title),
      ...noteBody(annotation),
      ...(surface?.isFlagged
        ? [h("p", { class: "quiet drifted" }, say("drifted", { length: metres(surface.drift) }))]
        : []),
    );
    this.outline.show(annotation.anchor.region);
    this.card.hidden = false;
    this.lay();
    this.card.focus({ preventScroll: true });
  }

  private lay(): void {
    const { camera, canvas } = this.stage;
    const width = this.stage.viewWidth;
    const height = canvas.clientHeight;
    if (this.stage.renderer.xr.isPresenting) return;
    const projected = new THREE.Vector3();
    for (const pin of this.pins) {
      if (!pin.standing) continue;
      projected.copy(pin.at).project(camera);
      const seen = projected.z < 1 && Math.abs(projected.x) < 1.05 && Math.abs(projected.y) < 1.05 && ((projected.x + 1) / 2) * width < this.stage.edge;
      pin.element.classList.toggle("is-away", !seen);
      if (!seen) continue;
      const x = ((projected.x + 1) / 2) * width;
      const y = ((1 - projected.y) / 2) * height;
      pin.element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      if (this.open === pin) this.layCard(x, y, width, height);
    }
  }

  private layCard(x: number, y: number, width: number, height: number): void {
    if (width < 640) {
      this.card.style.transform = ""; // a sheet at the foot of the picture, by the style sheet
      return;
    }
    const box = this.card.getBoundingClientRect();
    const left = x + 26 + box.width < width - 16 ? x + 26 : x - 26 - box.width;
    const top = Math.max(76, Math.min(y - 40, height - box.height - 190));
    this.card.style.transform = `translate(${Math.max(12, left).toFixed(0)}px, ${top.toFixed(0)}px)`;
  }

  /**
   * Is something before it? A ray through all tiles takes as long as several frames, so it is cast while the picture
   * rests: one pin at a time, each once after the picture changed.
   */
  private checkOne(): void {
    if (this.stage.renderer.xr.isPresenting) return;
    const standing = this.pins.filter((pin) => pin.standing && !pin.element.classList.contains("is-away"));
    if (this.drawn !== this.stage.frames) {
      this.drawn = this.stage.frames;
      this.unchecked = standing.length;
      return;
    }
    if (this.unchecked === 0 || standing.length === 0) return;
    this.unchecked -= 1;
    const pin = standing[this.turn++ % standing.length]!;
    const eye = this.stage.camera.position;
    const distance = eye.distanceTo(pin.at);
    this.ray.set(eye, pin.at.clone().sub(eye).normalize());
    this.ray.far = Math.max(0, distance - 0.8);
    pin.element.classList.toggle("is-hidden-behind", this.ray.intersectObject(this.solid, true).length > 0);
  }
}
