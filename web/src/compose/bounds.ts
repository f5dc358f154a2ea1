/**
 * When a thing stood as four years that a hand may drag, and the text that says so. Only the end that was moved is written
 * anew: what the other says beyond years ("c.", days, seasons) stays as it was.
 */

import type { Span } from "../data/exhibition";

/** begun not before, begun by, ended not before, lasted at most to: astronomical years; null: no limit */
export type Bounds = readonly [number | null, number | null, number | null, number | null];
export type Which = 0 | 1 | 2 | 3;

export function boundsOf(span: Span): Bounds {
  return [span.startEarliestYear, span.startLatestYear, span.endEarliestYear, span.endLatestYear];
}

/** The bounds with one at `year`; those that it would pass go along. */
export function moved(bounds: Bounds, which: Which, year: number): Bounds {
  const whole = Math.floor(year);
  const next = bounds.map((value, i) => (i === which ? whole : value));
  const clamp = (i: number, keep: (value: number) => number): void => {
    const value = next[i];
    if (value !== null && value !== undefined) next[i] = keep(value);
  };
  for (let i = 0; i < 4; i++) clamp(i, (value) => (i < which ? Math.min(value, whole) : Math.max(value, whole)));
  return next as unknown as Bounds;
}

/** Both ends shifted by so many years. */
export function shifted(bounds: Bounds, years: number): Bounds {
  return bounds.map((value) => (value === null ? null : value + Math.round(years))) as unknown as Bounds;
}

/** The text after some of its bounds were moved. */
export function textOf(before: { text: string; bounds: Bounds }, after: Bounds): string {
  const [start, end] = endsOf(before.text);
  const same = (i: number): boolean => before.bounds[i] === after[i];
  const first = start !== null && same(0) && same(1) ? start : side(after[0], after[1]);
  const last = end !== null && same(2) && same(3) ? end : side(after[2], after[3]);
  return `${first}/${last}`;
}

/** The two ends of an interval as they are written; null where one date stands for both, or where there is none. */
function endsOf(text: string): [string | null, string | null] {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "[" || text[i] === "{") depth += 1;
    else if (text[i] === "]" || text[i] === "}") depth -= 1;
    else if (text[i] === "/" && depth === 0) return [text.slice(0, i), text.slice(i + 1)];
  }
  return [null, null];
}

function side(early: number | null, late: number | null): string {
  if (early === null && late === null) return "..";
  if (early !== null && early === late) return year(early);
  return `[${early === null ? "" : year(early)}..${late === null ? "" : year(late)}]`;
}

function year(value: number): string {
  const digits = String(Math.abs(value));
  const sign = value < 0 ? "-" : "";
  return digits.length > 4 ? `Y${sign}${digits}` : sign + digits.padStart(4, "0");
}
