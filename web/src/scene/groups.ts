/**
 * Tiles drawn in part (docs/tiles.md, "Groups of triangles"): a primitive's triangles lie in its index group by group, one
 * per child, then straddlers, then skirts. What is left of a tile is drawn from one index, so that a part costs as many
 * draw calls as the whole.
 */

import * as THREE from "three";

/** [first index, number of indices] of each group: the children in order, straddlers, skirts. */
export type Ranges = readonly (readonly [number, number])[];

/**
 * What is left to draw, in order and joined where it touches. Bit k of `hidden`: the group of child k is not drawn.
 * Straddlers and skirts are drawn while any child's group is; a tile without children has one group and skirts.
 */
export function leftOf(ranges: Ranges, hidden: number): [number, number][] {
  const children = ranges.length - 2;
  const left = ranges.filter((_, k) => k >= children || ((hidden >>> k) & 1) === 0);
  if (children > 0 && left.length === 2) return [];
  const joined: [number, number][] = [];
  for (const [first, count] of left) {
    const last = joined.at(-1);
    if (count === 0) continue;
    if (last && last[0] + last[1] === first) last[1] += count;
    else joined.push([first, count]);
  }
  return joined;
}

/** A primitive's groups as its file tells them; null where it tells none, or none that its index has. */
export function rangesOf(geometry: THREE.BufferGeometry): Ranges | null {
  const told = (geometry.userData as { chronotope?: { ranges?: unknown } }).chronotope?.ranges;
  const { index } = geometry;
  if (!Array.isArray(told) || told.length < 2 || told.length > 34 || !index) return null;
  for (const range of told as unknown[]) {
    if (!Array.isArray(range) || range.length !== 2) return null;
    const [first, count] = range as unknown[];
    if (!Number.isInteger(first) || !Number.isInteger(count)) return null;
    if ((first as number) < 0 || (count as number) < 0 || (first as number) + (count as number) > index.count) return null;
  }
  return told as Ranges;
}

/**
 * The geometry without its hidden groups: itself where nothing is hidden, null where nothing is left. It shares vertices
 * with `geometry`, and the index, too, where what is left lies together; let go of it by `disposePart`.
 */
export function partOf(geometry: THREE.BufferGeometry, hidden: number): THREE.BufferGeometry | null {
  const ranges = hidden === 0 ? null : rangesOf(geometry);
  if (!ranges) return geometry; // what is drawn twice lies within the error
  const left = leftOf(ranges, hidden);
  if (left.length === 0) return null;
  const index = geometry.index!;
  const part = new THREE.BufferGeometry();
  for (const [name, attribute] of Object.entries(geometry.attributes)) part.setAttribute(name, attribute);
  part.boundingBox = geometry.boundingBox;
  part.boundingSphere = geometry.boundingSphere;
  part.userData = geometry.userData;
  if (left.length === 1) {
    part.setIndex(index);
    part.setDrawRange(...left[0]!);
    return part;
  }
  const all = index.array as Uint16Array | Uint32Array;
  const some = all.slice(0, left.reduce((sum, [, count]) => sum + count, 0));
  let at = 0;
  for (const [first, count] of left) {
    some.set(all.subarray(first, first + count), at);
    at += count;
  }
  part.setIndex(new THREE.BufferAttribute(some, 1));
  return part;
}

/** Lets go of what `partOf` made, and not of what it shares. */
export function disposePart(part: THREE.BufferGeometry, whole: THREE.BufferGeometry): void {
  if (part === whole) return;
  for (const name of Object.keys(part.attributes)) part.deleteAttribute(name);
  if (part.index === whole.index) part.setIndex(null);
  part.dispose();
}
