import { describe, expect, it } from "vitest";
import { angleOf, placeAt, pointOf } from "../src/headset/dial";

describe("the dial of time", () => {
  it("begins low on the left, goes over the top, and ends low on the right", () => {
    const [first, middle, last] = [pointOf(0), pointOf(0.5), pointOf(1)];
    expect(first[0]).toBeLessThan(0);
    expect(first[1]).toBeLessThan(0);
    expect(middle[0]).toBeCloseTo(0);
    expect(middle[1]).toBeCloseTo(1);
    expect(last[0]).toBeCloseTo(-first[0]);
    expect(last[1]).toBeCloseTo(first[1]);
  });

  it("names the place that it shows", () => {
    for (const place of [0, 0.1, 0.33, 0.5, 0.9, 1]) {
      const [x, y] = pointOf(place);
      expect(placeAt(0.85 * x, 0.85 * y)).toBeCloseTo(place);
    }
  });

  it("names nothing in its middle and beyond its edge", () => {
    expect(placeAt(0, 0)).toBeNull();
    expect(placeAt(0.2, 0.3)).toBeNull();
    expect(placeAt(1.1, 0.9)).toBeNull();
  });

  it("ends in the gap, at the end that is nearer", () => {
    expect(placeAt(-0.1, -0.9)).toBe(0);
    expect(placeAt(0.1, -0.9)).toBe(1);
  });

  it("goes clockwise", () => {
    expect(angleOf(0.2)).toBeGreaterThan(angleOf(0.3));
  });
});
