import * as THREE from "three";
import { describe, expect, it } from "vitest";
import { planesOf } from "../src/scene/section";
import type { Cut } from "../src/scene/section";

const stays = (cut: Cut | null, point: readonly [number, number, number]): boolean =>
  planesOf(cut).every((plane) => plane.distanceToPoint(new THREE.Vector3(...point)) >= 0);

describe("a section", () => {
  it("takes away what lies beyond its plane", () => {
    expect(stays({ side: "above", metres: 2 }, [9, 1.9, 9])).toBe(true);
    expect(stays({ side: "above", metres: 2 }, [9, 2.1, 9])).toBe(false);
    expect(stays({ side: "east", metres: -1 }, [-1.1, 0, 0])).toBe(true);
    expect(stays({ side: "south", metres: -1 }, [0, 0, 0])).toBe(false);
  });

  it("leaves what is in its box", () => {
    const box: Cut = { side: "outside", metres: 3, middle: new THREE.Vector3(10, 0, -5) };
    expect(stays(box, [12.9, -2.9, -7.9])).toBe(true);
    for (const point of [[13.1, 0, -5], [6.9, 0, -5], [10, 3.1, -5], [10, -3.1, -5], [10, 0, -1.9], [10, 0, -8.1]] as const) {
      expect(stays(box, point)).toBe(false);
    }
  });

  it("takes nothing away where there is none", () => {
    expect(stays(null, [1e6, 1e6, 1e6])).toBe(true);
  });
});
