/**
 * Years as people say them and as EDTF writes them. Years are astronomical everywhere: 0 is 1 BC, -430 is 431 BC.
 */

import { say } from "../ui/words";

/** "431 BC", "79 AD", "1687", in the visitor's language. */
export function yearLabel(year: number): string {
  const whole = Math.floor(year);
  if (whole <= 0) return say("year_bc", { year: 1 - whole });
  return whole < 1000 ? say("year_ad", { year: whole }) : String(whole);
}

/** The year as EDTF level 0 or, beyond four digits, level 1: "-0430", "0079", "Y-12000". */
export function yearEdtf(year: number): string {
  const whole = Math.floor(year);
  const sign = whole < 0 ? "-" : "";
  const digits = String(Math.abs(whole));
  return digits.length > 4 ? `Y${sign}${digits}` : sign + digits.padStart(4, "0");
}

/** The (first) year that an EDTF text names, or null: enough to put the handle of the slider; the server reads the rest. */
export function edtfYear(text: string): number | null {
  const match = /^\s*Y?([+-]?\d+)/.exec(text);
  return match ? Number(match[1]) : null;
}

/** What a moment is called: a year in the visitor's language, anything finer as the server calls it. */
export function momentLabel({ at, label }: { at: string; label: string }): string {
  const year = /^Y?-?\d{4,}$/.test(at) ? edtfYear(at) : null;
  return year === null ? label : yearLabel(year);
}
