/**
 * How points are drawn: as discs, in the colours of the file or in colours that say something, without the classes that are
 * switched off. One look for all clouds of the page.
 */

import * as THREE from "three";
import { classColour, viridis } from "./ramp";
import type { Range } from "./sample";

/** What colours of points say; `none`: as they were scanned. */
export type PointScheme = "none" | "height" | "intensity" | "class";

export const POINT_SCHEMES: readonly PointScheme[] = ["none", "height", "intensity", "class"];

const LEAST_PX = 1.5;
/** steps of the grid of distances for each halving; `points` fills it */
export const STEPS = 16;

export interface DotUniforms {
  spacing: THREE.IUniform<number>;
  low: THREE.IUniform<THREE.Vector3>;
  extent: THREE.IUniform<THREE.Vector3>;
  levels: THREE.IUniform<THREE.Data3DTexture>;
}

const ramp = table((number) => viridis(number / 255));
const classes = table(classColour);
const hidden = new Set<number>();
const shared = {
  paintScheme: { value: 0 },
  paintRange: { value: new THREE.Vector2(0, 1) },
  paintRamp: { value: ramp },
  paintClasses: { value: classes },
};

/** 256 colours, all of them shown. */
function table(colour: (number: number) => readonly number[]): THREE.DataTexture {
  const data = Uint8Array.from({ length: 1024 }, (_, at) => (at % 4 === 3 ? 255 : colour(at >> 2)[at % 4]!));
  const texture = new THREE.DataTexture(data, 256, 1);
  texture.colorSpace = THREE.SRGBColorSpace;
  texture.needsUpdate = true;
  return texture;
}

/** Colours all points from now on; `range` of a ramp, in metres or as the instrument says. */
export function paintPoints(scheme: PointScheme, range: Range): void {
  shared.paintScheme.value = POINT_SCHEMES.indexOf(scheme);
  shared.paintRange.value.set(...range);
}

/** Leaves points of these classes out. */
export function hideClasses(numbers: ReadonlySet<number>): void {
  hidden.clear();
  const data = classes.image.data as Uint8Array;
  for (let number = 0; number < 256; number++) {
    data[4 * number + 3] = numbers.has(number) ? 0 : 255;
    if (numbers.has(number)) hidden.add(number);
  }
  classes.needsUpdate = true;
}

/** Whether a point that a ray hit is left out. */
export function isHidden({ object, index }: THREE.Intersection): boolean {
  if (hidden.size === 0 || !(object instanceof THREE.Points) || index === undefined) return false;
  const attribute = (object.geometry as THREE.BufferGeometry).attributes["_classification"];
  return attribute !== undefined && hidden.has(attribute.getX(index));
}

/** The same points in another colour. */
export function tinted(solid: THREE.Material, colour: string): THREE.Material {
  const material = new THREE.PointsMaterial({ color: colour, size: 1 });
  const of = solid.userData["dots"] as Dots | undefined;
  if (of) drawAsDots(material, { ...of, painted: false });
  solid.addEventListener("dispose", () => material.dispose());
  return material;
}

export interface Dots {
  uniforms: DotUniforms;
  hasIntensity: boolean;
  hasClass: boolean;
  /** its colours may say something */
  painted: boolean;
}

export function drawAsDots(material: THREE.PointsMaterial, of: Dots): void {
  material.userData["dots"] = of;
  const defines = [
    of.hasIntensity && "#define HAS_INTENSITY",
    of.hasClass && "#define HAS_CLASS",
    of.painted && "#define PAINTED",
  ].filter(Boolean);
  material.onBeforeCompile = (shader) => {
    Object.assign(shader.uniforms, of.uniforms, shared);
    const told = defines.join("\n");
    shader.vertexShader = shader.vertexShader
      .replace("#include <common>", `${told}\n#include <common>\n${HEAD}`)
      .replace("#include <logdepthbuf_vertex>", `${BODY}\n#include <logdepthbuf_vertex>`);
    shader.fragmentShader = shader.fragmentShader
      .replace("#include <common>", `${told}\n#include <common>\nvarying vec4 vPaint;`)
      .replace("#include <clipping_planes_fragment>", `${DISC}\n#include <clipping_planes_fragment>`)
      .replace("#include <color_fragment>", "#include <color_fragment>\ndiffuseColor.rgb = mix(diffuseColor.rgb, vPaint.rgb, vPaint.a);");
  };
  material.customProgramCacheKey = () => `dots ${defines.join(" ")}`;
}

const HEAD = /* glsl */ `
  uniform float spacing;
  uniform vec3 low;
  uniform vec3 extent;
  uniform mediump sampler3D levels;
  uniform int paintScheme;
  uniform vec2 paintRange;
  uniform sampler2D paintRamp;
  uniform sampler2D paintClasses;
  varying vec4 vPaint;
  #ifdef HAS_INTENSITY
    attribute float _intensity;
  #endif
  #ifdef HAS_CLASS
    attribute float _classification;
  #endif
  vec3 onRamp(float value) {
    float place = clamp((value - paintRange.x) / (paintRange.y - paintRange.x), 0.0, 1.0);
    return textureLod(paintRamp, vec2((place * 255.0 + 0.5) / 256.0, 0.5), 0.0).rgb;
  }`;

const BODY = /* glsl */ `
  float halved = texture(levels, (position - low) / extent).r * ${(255 / STEPS).toFixed(4)};
  float metres = spacing * exp2(-halved) * length(modelViewMatrix[0].xyz);
  gl_PointSize = size * max(${LEAST_PX.toFixed(1)}, metres * projectionMatrix[1][1] * scale / gl_Position.w);
  vPaint = vec4(0.0);
  #ifdef PAINTED
    if (paintScheme == 1) vPaint = vec4(onRamp((modelMatrix * vec4(transformed, 1.0)).y), 1.0);
  #endif
  #ifdef HAS_INTENSITY
    #ifdef PAINTED
      if (paintScheme == 2) vPaint = vec4(onRamp(_intensity), 1.0);
    #endif
  #endif
  #ifdef HAS_CLASS
    vec4 known = textureLod(paintClasses, vec2((_classification + 0.5) / 256.0, 0.5), 0.0);
    #ifdef PAINTED
      if (paintScheme == 3) vPaint = vec4(known.rgb, 1.0);
    #endif
    if (known.a < 0.5) gl_Position = vec4(0.0, 0.0, 2.0, 1.0); // beyond what is drawn
  #endif`;

const DISC = /* glsl */ `if (distance(gl_PointCoord, vec2(0.5)) > 0.5) discard;`;
