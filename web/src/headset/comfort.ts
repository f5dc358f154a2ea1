/**
 * What keeps people from feeling sick: edges of the view that close while one glides, a blink when one jumps, turning by
 * steps. Chosen by the wearer and kept on the device.
 */

import * as THREE from "three";
import type { Stage } from "../scene/stage";

export interface Comfort {
  /** turning by steps, not smoothly */
  steps: boolean;
  /** edges close while gliding */
  edges: boolean;
}

const KEPT = "chronotope.comfort";
const CLOSES_S = 0.25;
const BLINK_S = 0.18;

/** What the wearer chose before; the calmer way where nothing is known. */
export function keptComfort(): Comfort {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Partial<Comfort>;
    return { steps: kept.steps !== false, edges: kept.edges !== false };
  } catch {
    return { steps: true, edges: true }; // nothing is kept here, or nothing that we wrote
  }
}

export function keepComfort(comfort: Comfort): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(comfort));
  } catch {
    // then for this visit alone
  }
}

const VERTEX = /* glsl */ `
  varying vec3 vRay;
  void main() {
    vRay = position;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  }`;

/** Open in the middle, dark from about 22 degrees on; all dark while it blinks. */
const FRAGMENT = /* glsl */ `
  uniform float closed, blink;
  varying vec3 vRay;
  void main() {
    float ahead = -normalize(vRay).z;
    float dark = closed * (1.0 - smoothstep(0.80, 0.93, ahead));
    gl_FragColor = vec4(0.02, 0.025, 0.035, max(dark, blink));
  }`;

export class Blinkers {
  private readonly material = new THREE.ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { closed: { value: 0 }, blink: { value: 0 } },
    side: THREE.BackSide,
    transparent: true,
    depthTest: false,
    depthWrite: false,
    fog: false,
    toneMapped: false,
  });

  private readonly shell = new THREE.Mesh(new THREE.SphereGeometry(0.5, 32, 24), this.material);
  private left = 0;

  constructor(stage: Stage) {
    this.shell.visible = false;
    this.shell.frustumCulled = false;
    this.shell.renderOrder = 20;
    this.shell.raycast = () => undefined;
    stage.camera.add(this.shell);
  }

  /** 0 open, 1 closed. */
  get closed(): number {
    return this.material.uniforms["closed"]!.value as number;
  }

  blink(): void {
    this.left = BLINK_S;
  }

  tick(delta: number, gliding: boolean): void {
    const { closed, blink } = this.material.uniforms as Record<"closed" | "blink", THREE.IUniform<number>>;
    const step = delta / CLOSES_S;
    closed.value = THREE.MathUtils.clamp(closed.value + (gliding ? step : -step), 0, 1);
    blink.value = Math.max(0, this.left / BLINK_S);
    this.left -= delta;
    this.shell.visible = closed.value > 0 || blink.value > 0;
  }

  open(): void {
    this.left = 0;
    this.material.uniforms["closed"]!.value = 0;
    this.shell.visible = false;
  }
}
