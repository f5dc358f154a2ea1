/** Marks of what happened, on the time bar. */

import { expect, it } from "vitest";
import { TimeScale } from "../src/time/scale";
import { marks } from "../src/time/events";

const between = (from: number | null, to: number | null) => ({
  existence: { startEarliestYear: from, startLatestYear: from, endEarliestYear: to, endLatestYear: to },
});
const scale = TimeScale.over([between(-500, 499).existence], 500);

it("stands in the middle of when it may have been, from left to right", () => {
  const [late, early] = [between(300, 300), between(-400, -200)];
  const found = marks([late, early], scale, 0);
  expect(found.map(({ events }) => events[0])).toEqual([early, late]);
  expect(scale.year(found[0]!.place)).toBeGreaterThan(-400);
  expect(scale.year(found[0]!.place)).toBeLessThan(-199);
});

it("is one mark for those that would touch, none for those without a date", () => {
  const found = marks([between(100, 100), between(101, 101), between(null, null), between(400, 400)], scale, 0.05);
  expect(found.map(({ events }) => events.length)).toEqual([2, 1]);
});

it("takes the one bound that there is", () => {
  expect(marks([between(null, 100)], scale, 0)[0]!.place).toBeCloseTo(scale.place(100.5), 1);
});
