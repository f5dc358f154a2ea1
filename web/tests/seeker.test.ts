import { describe, expect, it } from "vitest";
import { Seeker } from "../src/time/seeker";

/** A clock that runs when told to. */
class Hours {
  now = 0;
  private readonly due: { at: number; run: () => void }[] = [];

  later(ms: number, run: () => void): void {
    this.due.push({ at: this.now + ms, run });
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.due.sort((a, b) => a.at - b.at);
      if (!this.due[0] || this.due[0].at > end) break;
      const { at, run } = this.due.shift()!;
      this.now = at;
      run();
    }
    this.now = end;
  }
}

function dragging() {
  const hours = new Hours();
  const asked: number[] = [];
  const seeker = new Seeker<number>({
    ask: (year) => asked.push(year),
    now: () => hours.now,
    later: (ms, run) => hours.later(ms, run),
    everyMs: 70,
    patienceMs: 1500,
  });
  return { hours, asked, seeker };
}

describe("seeking while dragging", () => {
  it("asks at once, then only the latest", () => {
    const { hours, asked, seeker } = dragging();
    for (const year of [1, 2, 3, 4]) seeker.want(year);
    expect(asked).toEqual([1]);
    seeker.answered(1);
    hours.pass(70);
    expect(asked).toEqual([1, 4]);
  });

  it("waits for the answer before it asks again", () => {
    const { hours, asked, seeker } = dragging();
    seeker.want(1);
    seeker.want(2);
    hours.pass(1000);
    expect(asked).toEqual([1]);
    seeker.answered(1);
    expect(asked).toEqual([1, 2]);
  });

  it("does not wait for ever", () => {
    const { hours, asked, seeker } = dragging();
    seeker.want(1);
    seeker.want(2);
    hours.pass(1700);
    expect(asked).toEqual([1, 2]);
  });
});
