import { describe, expect, it } from "vitest";
import { TimeScale, stands } from "../src/time/scale";
import { edtfYear, yearEdtf, yearLabel } from "../src/time/years";

const span = (a: number | null, b: number | null, c: number | null, d: number | null) => ({
  startEarliestYear: a,
  startLatestYear: b,
  endEarliestYear: c,
  endLatestYear: d,
});

describe("years", () => {
  it.each([
    [-430, "431 BC", "-0430"],
    [0, "1 BC", "0000"],
    [1, "1 AD", "0001"],
    [390, "390 AD", "0390"],
    [2026, "2026", "2026"],
    [-12000, "12001 BC", "Y-12000"],
  ])("says and writes %i", (year, label, edtf) => {
    expect([yearLabel(year), yearEdtf(year)]).toEqual([label, edtf]);
  });

  it("reads the first year of what curators write", () => {
    expect(["-0430", "-0430~", "0390/0551", "Y-12000", "../0551"].map(edtfYear)).toEqual([-430, -430, 390, -12000, null]);
  });
});

describe("the time scale", () => {
  const scale = TimeScale.over(
    [span(-640, -600, -560, -540), span(-429, -429, 390, 390), span(1874, 1874, 1911, 1911), span(1912, 1912, null, null)],
    2026,
  );

  it("reaches from before the first date to the present", () => {
    expect(scale.first).toBeLessThan(-640);
    expect(scale.last).toBe(2026);
  });

  it("finds each year again", () => {
    for (let year = scale.first; year <= scale.last; year += 13) {
      expect(scale.year(scale.place(year))).toBeCloseTo(year, 6);
    }
  });

  it("grows with time and leaves room for forty years of digging", () => {
    for (let year = scale.first; year < scale.last; year += 7) {
      expect(scale.place(year + 7)).toBeGreaterThan(scale.place(year));
    }
    expect(scale.place(1911) - scale.place(1874)).toBeGreaterThan(0.05);
  });

  it("marks years that people call round, apart from each other", () => {
    const ticks = scale.ticks(0.08);
    expect(ticks.length).toBeGreaterThan(4);
    for (const { year } of ticks) expect((year > 0 ? year : 1 - year) % 10).toBe(0);
    ticks.slice(1).forEach((tick, i) => expect(tick.place - ticks[i]!.place).toBeGreaterThanOrEqual(0.08));
  });

  it("works for a place without any date", () => {
    const empty = TimeScale.over([span(null, null, null, null)], 2026);
    expect([empty.place(empty.first), empty.place(empty.last)]).toEqual([0, 1]);
  });
});

describe("whether a thing stands", () => {
  const shrine = span(-640, -600, -560, -540);
  it.each([
    [-641, "no"],
    [-640, "possible"],
    [-600, "certain"],
    [-560, "certain"],
    [-559, "possible"],
    [-539, "no"],
  ])("in year %i: %s", (year, expected) => {
    expect(stands(shrine, year)).toBe(expected);
  });

  it("always, without bounds", () => {
    expect(stands(span(null, null, null, null), -9000)).toBe("certain");
  });
});
