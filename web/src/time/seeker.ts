/**
 * Moments asked of the stream while a visitor drags: the latest wins. One request is under way at a time, and they are at
 * least `everyMs` apart; whatever was wanted in between is never asked.
 */

export class Seeker<Want> {
  private wanted: { want: Want } | null = null;
  private underWay: number | null = null;
  private lastAt = -Infinity;
  private sleeping = false;

  constructor(
    private readonly options: {
      /** sends the request; its number, or 0 when it cannot be sent now */
      ask(want: Want): number;
      now(): number;
      later(ms: number, run: () => void): void;
      everyMs: number;
      /** a request that stays unanswered so long does not block the next */
      patienceMs: number;
    },
  ) {}

  want(want: Want): void {
    this.wanted = { want };
    this.run();
  }

  /** A state or an error came that answers request `number` or a later one. */
  answered(number: number): void {
    if (this.underWay !== null && number >= this.underWay) this.underWay = null;
    this.run();
  }

  /** The connection is gone: nothing is under way, and the next opening says what is wanted. */
  reset(): void {
    this.underWay = null;
    this.wanted = null;
  }

  private run(): void {
    if (!this.wanted) return;
    const { now, everyMs, patienceMs } = this.options;
    const wait = this.lastAt + (this.underWay === null ? everyMs : patienceMs) - now();
    if (wait > 0) {
      // While one is under way its answer calls again, sooner than this.
      if (!this.sleeping) {
        this.sleeping = true;
        this.options.later(this.underWay === null ? wait : Math.min(wait, everyMs), () => {
          this.sleeping = false;
          this.run();
        });
      }
      return;
    }
    const { want } = this.wanted;
    this.wanted = null;
    this.lastAt = now();
    const number = this.options.ask(want);
    this.underWay = number === 0 ? null : number;
  }
}
