/** How large the visitor is beside the site: as in life, a giant over it, or with the site on a table before them. */

export type Size = "life" | "giant" | "table";

const GIANT = 20;
/** half the width of the site on the table, metres of the room */
const TABLE_M = 0.55;
const LEAST = 1;
const MOST = 5000;

/** Metres of the scene to a metre of the room. `radius`: of the site, metres. */
export function scaleOf(size: Size, radius: number): number {
  if (size === "life") return 1;
  return size === "giant" ? GIANT : clampScale(radius / TABLE_M);
}

export function clampScale(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale));
}
