/**
 * Years as people say them and as EDTF writes them. Years are astronomical everywhere: 0 is 1 BC, -430 is 431 BC.
 */

/** "431 BC", "79 AD", "1687". */
export function yearLabel(year: number): string {
  const whole = Math.floor(year);
  if (whole <= 0) return `${1 - whole} BC`;
  return whole < 1000 ? `${whole} AD` : String(whole);
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
