import { describe, expect, it } from "vitest";
import { EFFORTS, Pace, restAfter } from "../src/scene/pace";

/** Runs frames of a length, and tells after how many of them the effort changed. */
function changes(pace: Pace, seconds: number, frames: number): number[] {
  return Array.from({ length: frames }, (_, at) => at + 1).filter(() => pace.frame(seconds));
}

describe("the pace of a machine", () => {
  it("leaves out step by step what it cannot draw in time, and stops at the least", () => {
    const pace = new Pace();
    expect(changes(pace, 0.1, 100)).toEqual([10, 20, 30, 40]);
    expect(pace.effort).toBe(EFFORTS.at(-1));
  });

  it("leaves out sooner the longer a frame takes, but never for one alone", () => {
    expect(changes(new Pace(), 2, 5)).toEqual([2, 4]);
    expect(changes(new Pace(), 0.4, 5)).toEqual([5]);
  });

  it("does not mind a slow frame now and then", () => {
    const pace = new Pace();
    for (let at = 0; at < 100; at++) expect(pace.frame(at % 9 === 0 ? 0.5 : 0.03)).toBe(false);
    expect(pace.effort).toBe(EFFORTS[0]);
  });

  it("tries more again, later each time", () => {
    const pace = new Pace();
    changes(pace, 0.1, 10);
    expect(changes(pace, 0.016, 400)).toEqual([240]);
    changes(pace, 0.1, 10);
    expect(changes(pace, 0.016, 1000)).toEqual([960]);
    expect(pace.effort).toBe(EFFORTS[0]);
  });

  it("stays where frames are neither slow nor quick", () => {
    const pace = new Pace();
    changes(pace, 0.1, 10);
    expect(changes(pace, 0.035, 5000)).toEqual([]);
  });

  it("never asks for more than before when it leaves something out", () => {
    EFFORTS.slice(1).forEach((effort, at) => {
      expect(effort.pixels).toBeLessThan(EFFORTS[at]!.pixels);
      expect(effort.budget).toBeLessThanOrEqual(EFFORTS[at]!.budget);
    });
  });
});

describe("what comes while frames are drawn", () => {
  it("is drawn at once where that is quick, and has most of the time to itself where it is not", () => {
    expect(restAfter(0.016)).toBe(0);
    expect(restAfter(0.05)).toBe(0);
    expect(restAfter(2) / (2 + restAfter(2))).toBeGreaterThan(0.7);
  });
});
