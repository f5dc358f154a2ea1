import * as THREE from "three";
import { describe, expect, it } from "vitest";
import { throwArc } from "../src/headset/arc";
import type { Meets } from "../src/headset/arc";
import { clampScale, scaleOf } from "../src/headset/sizes";

/** A plane as the world. */
function wall(plane: THREE.Plane): Meets {
  return (from, to) => {
    const point = plane.intersectLine(new THREE.Line3(from, to), new THREE.Vector3());
    return point && { point, normal: plane.normal.clone() };
  };
}

const hand = new THREE.Vector3(0, 1.4, 0);
const ground = wall(new THREE.Plane(new THREE.Vector3(0, 1, 0), 0));

describe("a throw", () => {
  it("lands on the ground, farther when aimed higher", () => {
    const flat = throwArc(hand, new THREE.Vector3(0, 0, -1), 1, ground);
    const high = throwArc(hand, new THREE.Vector3(0, 0.4, -1).normalize(), 1, ground);
    expect(flat.spot!.y).toBeCloseTo(0);
    expect(flat.spot!.z).toBeLessThan(-3);
    expect(high.spot!.z).toBeLessThan(flat.spot!.z);
    expect(flat.path[0]).toEqual(hand);
    expect(flat.path.at(-1)).toEqual(flat.spot);
  });

  it("ends at a wall, where nobody can stand", () => {
    const landing = throwArc(hand, new THREE.Vector3(0, 0, -1), 1, wall(new THREE.Plane(new THREE.Vector3(0, 0, 1), 2)));
    expect(landing.spot).toBeNull();
    expect(landing.path.at(-1)!.z).toBeCloseTo(-2);
  });

  it("ends in the air where there is nothing", () => {
    const landing = throwArc(hand, new THREE.Vector3(0, 1, 0), 1, () => null);
    expect(landing.spot).toBeNull();
    expect(landing.path.length).toBeGreaterThan(10);
  });

  it("is a giant's where a giant throws", () => {
    const giant = throwArc(hand.clone().multiplyScalar(20), new THREE.Vector3(0, 0, -1), 20, ground);
    const small = throwArc(hand, new THREE.Vector3(0, 0, -1), 1, ground);
    expect(giant.spot!.z).toBeCloseTo(20 * small.spot!.z);
  });
});

describe("sizes", () => {
  it("lay a site of any size on one table", () => {
    expect(scaleOf("life", 80)).toBe(1);
    expect(scaleOf("giant", 80)).toBeGreaterThan(5);
    expect(55 / scaleOf("table", 55)).toBeCloseTo(0.55);
    expect(scaleOf("table", 1e9)).toBe(clampScale(Infinity));
    expect(scaleOf("table", 0.1)).toBe(1);
  });
});
