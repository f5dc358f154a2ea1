/**
 * What the wearer holds or is: controllers and tracked hands alike, as a ray, a grip and what is pressed. A pinch is a
 * press. three.js gives a source one of two numbers when it appears; here they are known by their side.
 */

import type * as THREE from "three";
import type { Stage } from "../scene/stage";

export type Hand = "left" | "right";

/** buttons of the `xr-standard` gamepad */
const STICK = 2;
export const FIRST_BUTTON = 4;
export const SECOND_BUTTON = 5;
const DEAD = 0.15;

export class Wand {
  source: XRInputSource | null = null;
  pressed = false;
  squeezed = false;

  constructor(
    readonly ray: THREE.XRTargetRaySpace,
    readonly grip: THREE.XRGripSpace,
    readonly hand: THREE.XRHandSpace,
  ) {
    ray.addEventListener("connected", ({ data }) => (this.source = data));
    ray.addEventListener("disconnected", () => {
      this.source = null;
      this.pressed = this.squeezed = false;
    });
    ray.addEventListener("selectstart", () => (this.pressed = true));
    ray.addEventListener("selectend", () => (this.pressed = false));
    ray.addEventListener("squeezestart", () => (this.squeezed = true));
    ray.addEventListener("squeezeend", () => (this.squeezed = false));
  }

  get isHand(): boolean {
    return !!this.source?.hand;
  }

  /** x to the right, y towards the wearer; nothing near the middle, where sticks never quite rest. */
  get stick(): [x: number, y: number] {
    const axes = this.source?.gamepad?.axes ?? [];
    const [x, y] = [axes[STICK] ?? axes[0] ?? 0, axes[STICK + 1] ?? axes[1] ?? 0];
    return Math.hypot(x, y) < DEAD ? [0, 0] : [x, y];
  }

  button(number: number): boolean {
    return this.source?.gamepad?.buttons[number]?.pressed ?? false;
  }
}

export class Wands {
  private readonly all: readonly Wand[];

  constructor({ renderer: { xr }, rig }: Stage) {
    this.all = [0, 1].map((i) => new Wand(xr.getController(i), xr.getControllerGrip(i), xr.getHand(i)));
    for (const { ray, grip, hand } of this.all) rig.add(ray, grip, hand);
  }

  of(side: Hand): Wand | null {
    return this.all.find(({ source }) => source?.handedness === side) ?? null;
  }

  get hands(): readonly Wand[] {
    return this.all.filter(({ isHand }) => isHand);
  }
}
