/**
 * The size of points: as large as they lie apart, at least a pixel and a half.
 *
 * Tiles of points add to one another, so where finer ones are drawn the points of those above have to be as small, or they
 * would hide them as blots. How far points lie apart is measured once for each tile, cell by cell. What is drawn of one thing
 * is compared whenever that changes, and each tile gets a small grid of how much closer than its own points those about are.
 */

import * as THREE from "three";
import { STEPS, drawAsDots } from "./dots";

/** A disc's diameter by the distance of points: closes the gaps of an even sample, and all but 4 % of a random one. */
const OVERLAP = 2;
const CELLS = 8;
/** points of a cell that tell their distance */
const ENOUGH = 12;
/** points between two pauses: a few milliseconds */
const AT_A_TIME = 8192;

/** How far points of one tile lie apart, cell by cell of their box (x quickest); Infinity where there are too few. */
export interface Spread {
  low: readonly number[];
  high: readonly number[];
  spacing: Float32Array;
  /** the largest that is known */
  widest: number;
}

interface Sized {
  spread: Spread;
  levels: THREE.Data3DTexture;
}

const spreads = new WeakMap<THREE.BufferGeometry, Spread>();
const sized = new Map<THREE.Points, Sized>();

/** Points have a layer of their own, so that they can be drawn apart; all cameras and rays see it. 1 and 2 are the eyes of a headset. */
export const POINTS_LAYER = 3;

/** Whether there are points to draw. */
export const anyPoints = (): boolean => sized.size > 0;

/**
 * How points (x, y, z after one another) are spread, on whatever surface they lie: small cells that they fill, of which each
 * has some, tell its area.
 */
export function spreadOf(points: ArrayLike<number>, low: readonly number[], high: readonly number[]): Spread {
  const work = spreading(points, low, high);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** The same, with pauses: a large tile's points are more than a frame has time for. */
function* spreading(points: ArrayLike<number>, low: readonly number[], high: readonly number[]): Generator<void, Spread> {
  const count = Math.floor(points.length / 3);
  const extent = Math.max(...high.map((value, axis) => value - low[axis]!));
  const spacing = new Float32Array(CELLS ** 3).fill(Infinity);
  if (count < 2 || !(extent > 0)) return { low, high, spacing, widest: Math.max(extent, 0) };
  const across = Math.max(1, Math.min(128, Math.floor(Math.sqrt(count) / 3)));
  const side = extent / across;
  const seen = new Set<number>();
  const counts = new Uint32Array(CELLS ** 3);
  const filled = new Uint32Array(CELLS ** 3);
  for (let at = 0; at < 3 * count; at += 3) {
    if (at % (3 * AT_A_TIME) === 0 && at > 0) yield;
    let small = 0;
    let cell = 0;
    for (let axis = 2; axis >= 0; axis--) {
      const along = points[at + axis]! - low[axis]!;
      const wide = Math.max(high[axis]! - low[axis]!, 1e-9);
      small = small * across + Math.min(across - 1, Math.floor(along / side));
      cell = cell * CELLS + Math.min(CELLS - 1, Math.floor((along / wide) * CELLS));
    }
    counts[cell]! += 1;
    if (!seen.has(small)) filled[cell]! += 1;
    seen.add(small);
  }
  let widest = 0;
  for (let cell = 0; cell < counts.length; cell++) {
    if (counts[cell]! < ENOUGH || filled[cell] === 0) continue;
    const apart = side * Math.sqrt(filled[cell]! / counts[cell]!);
    spacing[cell] = apart;
    widest = Math.max(widest, apart);
  }
  return { low, high, spacing, widest: widest || side * Math.sqrt(seen.size / count) };
}

/** Measures a tile's points, once its model is read and its matrices are known. `breath` gives the thread to others for a moment. */
export async function measure(part: THREE.Points, breath: () => Promise<void>): Promise<void> {
  const geometry = part.geometry as THREE.BufferGeometry;
  geometry.computeBoundingBox();
  const position = geometry.getAttribute("position");
  const flat = new Float32Array(3 * position.count);
  const point = new THREE.Vector3();
  const box = new THREE.Box3();
  for (let at = 0; at < position.count; at++) {
    if (at % AT_A_TIME === 0 && at > 0) await breath();
    point.fromBufferAttribute(position, at).applyMatrix4(part.matrixWorld).toArray(flat, 3 * at);
    box.expandByPoint(point);
  }
  const work = spreading(flat, box.min.toArray(), box.max.toArray());
  for (let step = work.next(); ; step = work.next()) {
    if (step.done) {
      spreads.set(geometry, step.value);
      return;
    }
    await breath();
  }
}

/** Gives points that are about to be drawn a look of their own. */
export function size(part: THREE.Points): void {
  const spread = spreads.get(part.geometry as THREE.BufferGeometry);
  if (!spread) return;
  const levels = new THREE.Data3DTexture(new Uint8Array(CELLS ** 3), CELLS, CELLS, CELLS);
  levels.format = THREE.RedFormat;
  levels.unpackAlignment = 1;
  levels.needsUpdate = true;
  const { min, max } = (part.geometry as THREE.BufferGeometry).boundingBox!;
  const extent = max.clone().sub(min);
  const scale = part.matrixWorld.getMaxScaleOnAxis();
  const uniforms = {
    spacing: { value: (OVERLAP * spread.widest) / scale },
    low: { value: min.clone() },
    extent: { value: extent.max(new THREE.Vector3(1e-9, 1e-9, 1e-9)) },
    levels: { value: levels },
  };
  const material = (part.material as THREE.PointsMaterial).clone();
  material.size = 1;
  material.toneMapped = false; // a scan's colours are those that were photographed
  const { attributes } = part.geometry as THREE.BufferGeometry;
  drawAsDots(material, { uniforms, hasIntensity: "_intensity" in attributes, hasClass: "_classification" in attributes, painted: true });
  part.material = material;
  part.layers.set(POINTS_LAYER);
  sized.set(part, { spread, levels });
}

/** Points that are no longer drawn. */
export function unsize(part: THREE.Points): void {
  const known = sized.get(part);
  if (!known) return;
  sized.delete(part);
  known.levels.dispose();
  ((part.userData["solid"] ?? part.material) as THREE.Material).dispose();
}

/** Says to all points of one thing how close others lie about them. */
export function compare(parts: readonly THREE.Points[]): void {
  const all = parts.flatMap((part) => sized.get(part) ?? []);
  for (const one of all) {
    const levels = closer(one.spread, all.map(({ spread }) => spread));
    const data = one.levels.image.data as Uint8Array;
    if (levels.every((value, at) => value === data[at])) continue;
    data.set(levels);
    one.levels.needsUpdate = true;
  }
}

/** Of cells of a tile, how often its widest distance is halved there by what lies closest, in steps. */
export function closer(one: Spread, all: readonly Spread[]): Uint8Array {
  const levels = new Uint8Array(CELLS ** 3);
  const sides = [0, 1, 2].map((axis) => Math.max((one.high[axis]! - one.low[axis]!) / CELLS, 1e-9));
  const from = [0, 0, 0];
  const to = [0, 0, 0];
  for (const other of all) {
    if (one.low.some((low, axis) => other.low[axis]! > one.high[axis]! || other.high[axis]! < low)) continue;
    for (let cell = 0; cell < levels.length; cell++) {
      const spacing = other.spacing[cell]!;
      if (!(spacing < one.widest)) continue;
      for (let axis = 0, rest = cell; axis < 3; axis++, rest = Math.floor(rest / CELLS)) {
        const side = (other.high[axis]! - other.low[axis]!) / CELLS;
        const low = other.low[axis]! + (rest % CELLS) * side - one.low[axis]!;
        from[axis] = Math.max(0, Math.floor(low / sides[axis]! + 1e-6));
        to[axis] = Math.min(CELLS - 1, Math.max(from[axis]!, Math.ceil((low + side) / sides[axis]! - 1e-6) - 1));
      }
      const level = Math.min(255, Math.round(STEPS * Math.log2(one.widest / spacing)));
      for (let z = from[2]!; z <= to[2]!; z++) {
        for (let y = from[1]!; y <= to[1]!; y++) {
          for (let x = from[0]!; x <= to[0]!; x++) {
            const at = (z * CELLS + y) * CELLS + x;
            levels[at] = Math.max(levels[at]!, level);
          }
        }
      }
    }
  }
  return levels;
}
