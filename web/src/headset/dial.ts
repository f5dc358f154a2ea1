/**
 * The dial of time as a ring that is open below: where a place of the time scale lies on it, and which place is pointed at.
 * Places go clockwise from the left end of the gap; positions are in units of the ring's outer radius, x right, y up.
 */

/** how much of the circle is used; the rest is a gap below, so that first and last do not touch */
const SWEEP_RAD = 1.6 * Math.PI;
const FIRST_RAD = 1.5 * Math.PI - (2 * Math.PI - SWEEP_RAD) / 2;
/** inner edge of the ring, and how far beyond the outer one a finger may point */
export const INNER = 0.7;
const REACH = 1.18;
const NEAREST = 0.45;

/** Angle of a place of the scale (0 to 1), radians, counter-clockwise from the right as canvases with y up have it. */
export function angleOf(place: number): number {
  return FIRST_RAD - place * SWEEP_RAD;
}

export function pointOf(place: number): [x: number, y: number] {
  return [Math.cos(angleOf(place)), Math.sin(angleOf(place))];
}

/** The place that a point on the dial's face names, null beside the ring; in the gap the end that is nearer. */
export function placeAt(x: number, y: number): number | null {
  const distance = Math.hypot(x, y);
  if (distance < NEAREST || distance > REACH) return null;
  const turned = modulo(FIRST_RAD - Math.atan2(y, x), 2 * Math.PI);
  if (turned <= SWEEP_RAD) return turned / SWEEP_RAD;
  return turned - SWEEP_RAD < (2 * Math.PI - SWEEP_RAD) / 2 ? 1 : 0;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
