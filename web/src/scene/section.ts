/**
 * A section: what lies beyond a plane, or outside a box, is cut away, so that one looks into what is closed. The backs of
 * surfaces, seen through the cut, are hatched and without light, as drawings show what a cut goes through (decision 30).
 */

import * as THREE from "three";
import type { Stage } from "./stage";

/** What is cut away: above a height, to the east (+x) or to the south (+z) of a line, all that is outside a box. */
export type Side = "above" | "east" | "south" | "outside";

export const SIDES: readonly Side[] = ["above", "east", "south", "outside"];

/** A plane at `metres` along its axis; or a cube whose faces are `metres` from its middle. */
export type Cut = { side: Exclude<Side, "outside">; metres: number } | { side: "outside"; metres: number; middle: THREE.Vector3 };

const NORMALS: Readonly<Record<Exclude<Side, "outside">, THREE.Vector3>> = {
  above: new THREE.Vector3(0, -1, 0),
  east: new THREE.Vector3(-1, 0, 0),
  south: new THREE.Vector3(0, 0, -1),
};

const BACKS = /* glsl */ `
  #include <opaque_fragment>
  if (!gl_FrontFacing) {
    float line = abs(fract((gl_FragCoord.x + gl_FragCoord.y) / 11.0) - 0.5) * 11.0;
    gl_FragColor = vec4(mix(vec3(0.34, 0.13, 0.09), vec3(0.72, 0.38, 0.28), smoothstep(0.6, 1.4, line)), diffuseColor.a);
  }`;

/** Planes of which what lies before all of them stays; scene frame. */
export function planesOf(cut: Cut | null): THREE.Plane[] {
  if (!cut) return [];
  if (cut.side !== "outside") return [new THREE.Plane(NORMALS[cut.side], cut.metres)];
  return [1, -1].flatMap((way) =>
    (["x", "y", "z"] as const).map((axis) => {
      const normal = new THREE.Vector3();
      normal[axis] = -way;
      return new THREE.Plane(normal, way * cut.middle[axis] + cut.metres);
    }),
  );
}

export class Section {
  private shown: Cut | null = null;
  private readonly opened = new Map<THREE.Material, Pick<THREE.Material, "side" | "onBeforeCompile" | "customProgramCacheKey">>();

  constructor(
    private readonly stage: Stage,
    private readonly roots: () => readonly THREE.Object3D[],
  ) {}

  get cut(): Cut | null {
    return this.shown;
  }

  show(cut: Cut | null): void {
    this.shown = cut;
    this.stage.renderer.clippingPlanes = planesOf(cut);
    if (!cut) this.close();
    this.refresh();
    this.stage.invalidate();
  }

  /** Insides are seen while something is cut: other tiles are drawn now. */
  refresh(): void {
    if (!this.shown) return;
    for (const root of this.roots()) {
      root.traverse((part) => {
        if (part instanceof THREE.Mesh) this.open(part.material as THREE.Material);
      });
    }
  }

  /** What is seen from both sides anyway, a leaf or a cloth, has no inside. */
  private open(material: THREE.Material): void {
    if (material.side === THREE.DoubleSide) return;
    const { side, onBeforeCompile, customProgramCacheKey } = material;
    this.opened.set(material, { side, onBeforeCompile, customProgramCacheKey });
    material.side = THREE.DoubleSide;
    material.onBeforeCompile = (shader, renderer) => {
      onBeforeCompile.call(material, shader, renderer);
      shader.fragmentShader = shader.fragmentShader.replace("#include <opaque_fragment>", BACKS);
    };
    const key = `cut ${customProgramCacheKey.call(material)}`;
    material.customProgramCacheKey = () => key;
    material.needsUpdate = true;
    material.addEventListener("dispose", () => this.opened.delete(material));
  }

  private close(): void {
    for (const [material, before] of this.opened) {
      Object.assign(material, before);
      material.needsUpdate = true;
    }
    this.opened.clear();
  }
}
