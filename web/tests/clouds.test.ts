import * as THREE from "three";
import { describe, expect, it } from "vitest";
import { hideClasses, isHidden } from "../src/scene/dots";
import { classColour, hexOf, viridis } from "../src/scene/ramp";
import { rangeOf, sampleOf } from "../src/scene/sample";

function cloud(points: readonly (readonly [number, number, number])[], classes: readonly number[] | null, intensities: readonly number[] | null): THREE.Points {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(points.flat(), 3));
  if (classes) geometry.setAttribute("_classification", new THREE.Uint8BufferAttribute([...classes], 1));
  if (intensities) geometry.setAttribute("_intensity", new THREE.Uint16BufferAttribute([...intensities], 1));
  return new THREE.Points(geometry);
}

describe("a ramp", () => {
  it("grows lighter from end to end", () => {
    const light = Array.from({ length: 33 }, (_, at) => viridis(at / 32)).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
    for (let at = 1; at < light.length; at++) expect(light[at]).toBeGreaterThan(light[at - 1]!);
  });

  it("stays on its ends beyond them", () => {
    expect(hexOf(viridis(-1))).toBe("#440154");
    expect(hexOf(viridis(2))).toBe("#fde725");
  });

  it("of classes has a colour for every number", () => {
    for (let number = 0; number < 256; number++) expect(hexOf(classColour(number))).toMatch(/^#[0-9a-f]{6}$/);
    expect(classColour(2)).not.toEqual(classColour(6));
  });
});

describe("what points have in common", () => {
  it("is a range without strays, and never an empty one", () => {
    const values = Array.from({ length: 1000 }, (_, at) => at / 999);
    const [low, high] = rangeOf([...values, -1e6, 1e6]);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
    expect(high - low).toBeGreaterThan(0.95);
    expect(rangeOf([4, 4])).toEqual([4, 5]);
    expect(rangeOf([])).toEqual([0, 1]);
  });

  it("is told of heights where they stand, of echoes, and of classes in order", () => {
    const root = new THREE.Group();
    const placed = new THREE.Group();
    placed.position.y = 10;
    placed.add(cloud([[0, 0, 0], [0, 2, 0]], [6, 2], [7, 9]), cloud([[1, 1, 1]], [6], null));
    root.add(placed);
    const sample = sampleOf([root])!;
    expect(sample.heights).toEqual([10, 12]);
    expect(sample.intensities).toEqual([7, 9]);
    expect([...sample.classes]).toEqual([[2, 1], [6, 2]]);
    expect(sample.points).toBe(3);
  });

  it("is nothing where there are no points", () => {
    expect(sampleOf([new THREE.Group()])).toBeNull();
    expect(sampleOf([cloud([[0, 0, 0]], null, null)])?.intensities).toBeNull();
  });
});

describe("a class that is left out", () => {
  it("cannot be hit", () => {
    const object = cloud([[0, 0, 0], [1, 0, 0]], [2, 6], null);
    const hit = (index: number): THREE.Intersection => ({ object, index, distance: 1, point: new THREE.Vector3() });
    hideClasses(new Set([6]));
    expect([hit(0), hit(1)].map(isHidden)).toEqual([false, true]);
    hideClasses(new Set());
    expect(isHidden(hit(1))).toBe(false);
  });
});
