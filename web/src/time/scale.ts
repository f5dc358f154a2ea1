/**
 * Where a year stands on the time bar, and which year stands at a place of it.
 *
 * A linear scale gives a temple's thousand quiet years the whole bar and the ten years of its excavation none. So the bar
 * is linear between boundaries of epochs, and each such stretch is as wide as a damped power of its length: longer is
 * always wider, and nothing is too thin to touch. Monotone and invertible; years may be fractional.
 */

/** Bounds of an interval in astronomical years; null: unbounded on that side. */
export interface YearSpan {
  startEarliestYear: number | null;
  startLatestYear: number | null;
  endEarliestYear: number | null;
  endLatestYear: number | null;
}

const DAMPING = 0.42;

export class TimeScale {
  private constructor(
    private readonly years: readonly number[],
    private readonly places: readonly number[],
  ) {}

  /** A scale over `spans`; an open end reaches `present`. */
  static over(spans: readonly YearSpan[], present: number): TimeScale {
    const inner = new Set<number>();
    let low = Infinity;
    let high = -Infinity;
    let open = false;
    for (const span of spans) {
      const starts = finite(span.startEarliestYear, span.startLatestYear);
      const ends = finite(span.endEarliestYear, span.endLatestYear).map((year) => year + 1);
      if (starts.length > 0) inner.add(mean(starts));
      if (ends.length > 0) inner.add(mean(ends));
      for (const year of [...starts, ...ends]) {
        low = Math.min(low, year);
        high = Math.max(high, year);
      }
      open ||= span.endLatestYear === null;
    }
    if (!Number.isFinite(low)) {
      low = present - 1000;
      high = present;
    }
    const margin = Math.max(2, (high - low) * 0.05);
    const first = Math.floor(low - margin);
    // The last year is whole, so that the handle at the far right reads the present and not the year after it.
    const last = Math.max(open ? present : Math.min(present, Math.ceil(high + margin)), Math.ceil(high), first + 1);
    // One epoch ends in 430 BC, the next begins in 430 BC: that is one boundary, not a year as wide as a finger.
    const nearest = Math.max(1.5, (last - first) / 600);
    const years = [first];
    for (const year of [...inner].sort((a, b) => a - b)) {
      if (year - years[years.length - 1]! > nearest && last - year > nearest) years.push(year);
    }
    years.push(last);
    const places = [0];
    for (let i = 1; i < years.length; i++) {
      places.push(places[i - 1]! + (years[i]! - years[i - 1]!) ** DAMPING);
    }
    const total = places[places.length - 1]!;
    return new TimeScale(
      years,
      places.map((place) => place / total),
    );
  }

  get first(): number {
    return this.years[0]!;
  }

  get last(): number {
    return this.years[this.years.length - 1]!;
  }

  /** 0 at the left end, 1 at the right; years beyond the ends stay at the ends. */
  place(year: number): number {
    return interpolate(this.years, this.places, year);
  }

  year(place: number): number {
    return interpolate(this.places, this.years, place);
  }

  /** Round years for the axis, at least `gap` (a fraction of the bar) apart, with the places where they stand. */
  ticks(gap: number): { year: number; place: number }[] {
    const span = this.last - this.first;
    const result: { year: number; place: number }[] = [];
    for (const step of [5000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1]) {
      if (step > span) continue;
      const from = Math.ceil(this.first / step) * step;
      for (let round = from; round <= this.last; round += step) {
        // "500 BC" is astronomical -499: round as people count. There is no year 0; 1 BC says little, so it is left out.
        if (round === 0) continue;
        const year = round < 0 ? round + 1 : round;
        const place = this.place(year);
        if (place < gap / 2 || place > 1 - gap / 2) continue;
        // A fine year only where its neighbours would have room, too: 660 alone between 500 and 1000 says nothing.
        if (step < 100 && this.place(year + step) - place < gap * 0.8) continue;
        if (result.every((tick) => Math.abs(tick.place - place) >= gap)) result.push({ year, place });
      }
      if (result.length * gap > 0.8) break;
    }
    return result.sort((a, b) => a.place - b.place);
  }
}

/** Whether something with this interval may have stood in `year`, and whether it surely did. */
export function stands(span: YearSpan, year: number): "no" | "possible" | "certain" {
  const from = (bound: number | null): boolean => bound === null || bound <= year;
  const until = (bound: number | null): boolean => bound === null || year <= bound;
  if (!from(span.startEarliestYear) || !until(span.endLatestYear)) return "no";
  return from(span.startLatestYear) && until(span.endEarliestYear) ? "certain" : "possible";
}

function finite(...values: (number | null)[]): number[] {
  return values.filter((value): value is number => value !== null);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function interpolate(from: readonly number[], to: readonly number[], value: number): number {
  if (value <= from[0]!) return to[0]!;
  for (let i = 1; i < from.length; i++) {
    const left = from[i - 1]!;
    const right = from[i]!;
    if (value <= right) return to[i - 1]! + ((value - left) / (right - left)) * (to[i]! - to[i - 1]!);
  }
  return to[to.length - 1]!;
}
