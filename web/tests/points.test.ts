import { describe, expect, it } from "vitest";
import { closer, spreadOf } from "../src/scene/points";
import type { Spread } from "../src/scene/points";

function lattice(side: number, step: number, tilt = 0): number[] {
  const found: number[] = [];
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) found.push(i * step, i * step * tilt, j * step);
  return found;
}

describe("how far points lie apart", () => {
  it.each([
    [40, 0.5],
    [100, 0.5],
    [200, 0.01],
  ])("is the step of %i points a side at %d m", (side, step) => {
    const end = (side - 1) * step;
    const { spacing, widest } = spreadOf(lattice(side, step), [0, 0, 0], [end, 0, end]);
    const known = [...spacing].filter((each) => each < Infinity);
    expect(known.length).toBeGreaterThan(40);
    const mean = known.reduce((sum, each) => sum + each) / known.length;
    expect(Math.abs(mean / step - 1)).toBeLessThan(0.15);
    expect(widest / step).toBeLessThan(1.5);
  });

  it("is one number for the whole where there are few", () => {
    const { spacing, widest } = spreadOf(lattice(10, 2), [0, 0, 0], [18, 0, 18]);
    expect(Math.min(...spacing)).toBe(Infinity);
    expect(Math.abs(widest / 2 - 1)).toBeLessThan(0.15);
  });

  it("is told cell by cell", () => {
    // Dense on the left, sparse on the right.
    const points = [...lattice(100, 0.01), ...lattice(40, 0.125).map((value, at) => (at % 3 === 0 ? value + 1 : value))];
    const { spacing } = spreadOf(points, [0, 0, 0], [5.875, 0, 4.875]);
    expect(spacing[0]!).toBeLessThan(0.06);
    expect(spacing[7]!).toBeGreaterThan(0.09);
  });

  it("is a number for one point, and for points that lie on one another", () => {
    expect(spreadOf([1, 2, 3], [1, 2, 3], [1, 2, 3]).widest).toBe(0);
    expect(spreadOf([1, 2, 3, 1, 2, 3], [1, 2, 3], [1, 2, 3]).widest).toBe(0);
  });
});

describe("points of a coarse tile", () => {
  const box = (spacing: number, low: number, high: number): Spread => ({
    low: [low, 0, low],
    high: [high, 0, high],
    spacing: new Float32Array(512).fill(spacing),
    widest: spacing,
  });
  const coarse = box(1, 0, 8);
  const at = (levels: Uint8Array, x: number, z: number) => levels[z * 64 + x];

  it("are as large as they lie apart where nothing else is", () => {
    expect(Math.max(...closer(coarse, [coarse, box(2, 0, 8), box(0.5, 20, 30)]))).toBe(0);
  });

  it("are as small as those of the finest tile that is drawn there", () => {
    const levels = closer(coarse, [coarse, box(0.5, 0, 3.9), box(0.125, 2.1, 2.9)]);
    expect(at(levels, 0, 0)).toBe(16);
    expect(at(levels, 2, 2)).toBe(48);
    expect(at(levels, 4, 4)).toBe(0);
  });

  it("do not shrink beside a finer tile that has none there", () => {
    const fine = box(0.5, 0, 8);
    fine.spacing.fill(Infinity, 256);
    const levels = closer(coarse, [fine]);
    expect(at(levels, 0, 3)).toBe(16);
    expect(at(levels, 0, 4)).toBe(0);
  });
});
