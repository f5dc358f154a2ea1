/** What a cloud's points have in common: how high they lie, how strong their echo was, of which classes they are. */

import * as THREE from "three";

/** Of each tile, so many points tell its heights and echoes. */
const ENOUGH = 500;
/** Stray echoes below and above are no part of the scale. */
const STRAY = 0.01;

export type Range = readonly [number, number];

/** From the lowest to the highest of `values` but for strays; a range is never empty. */
export function rangeOf(values: readonly number[]): Range {
  if (values.length === 0) return [0, 1];
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [at(STRAY), at(1 - STRAY)];
  return high > low ? [low, high] : [low, low + 1];
}

export interface Sample {
  heights: Range;
  intensities: Range | null;
  /** points that are drawn, by class; empty where none has one */
  classes: ReadonlyMap<number, number>;
  points: number;
}

const counted = new WeakMap<THREE.BufferGeometry, ReadonlyMap<number, number>>();

/** Of all points that are drawn under `roots`; null where there are none. */
export function sampleOf(roots: readonly THREE.Object3D[]): Sample | null {
  const heights: number[] = [];
  const intensities: number[] = [];
  const classes = new Map<number, number>();
  let points = 0;
  const place = new THREE.Vector3();
  for (const root of roots) {
    root.updateWorldMatrix(true, true);
    root.traverse((part) => {
      if (!(part instanceof THREE.Points)) return;
      const geometry = part.geometry as THREE.BufferGeometry;
      const position = geometry.getAttribute("position");
      const intensity = geometry.attributes["_intensity"];
      points += position.count;
      const step = Math.max(1, Math.floor(position.count / ENOUGH));
      for (let at = 0; at < position.count; at += step) {
        heights.push(place.fromBufferAttribute(position, at).applyMatrix4(part.matrixWorld).y);
        if (intensity) intensities.push(intensity.getX(at));
      }
      for (const [number, count] of classesIn(geometry)) classes.set(number, (classes.get(number) ?? 0) + count);
    });
  }
  if (points === 0) return null;
  return {
    heights: rangeOf(heights),
    intensities: intensities.length > 0 ? rangeOf(intensities) : null,
    classes: new Map([...classes].sort(([a], [b]) => a - b)),
    points,
  };
}

function classesIn(geometry: THREE.BufferGeometry): ReadonlyMap<number, number> {
  const known = counted.get(geometry);
  if (known) return known;
  const attribute = geometry.attributes["_classification"];
  const found = new Map<number, number>();
  for (let at = 0; at < (attribute?.count ?? 0); at++) {
    const number = attribute!.getX(at);
    found.set(number, (found.get(number) ?? 0) + 1);
  }
  counted.set(geometry, found);
  return found;
}
