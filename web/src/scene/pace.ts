/** What is left out where a machine cannot follow, and put back where it can: a pure rule on the lengths of frames. */

export interface Effort {
  /** of the pixels across that the screen has */
  pixels: number;
  /** shading of points, which draws a second time */
  shading: boolean;
  /** of the device's budget of triangles and points */
  budget: number;
}

/** From all that there is, downwards: first what is missed least. */
export const EFFORTS: readonly Effort[] = [
  { pixels: 1, shading: true, budget: 1 },
  { pixels: 0.8, shading: true, budget: 1 },
  { pixels: 0.64, shading: false, budget: 1 },
  { pixels: 0.5, shading: false, budget: 0.7 },
  { pixels: 0.4, shading: false, budget: 0.5 },
];

const SLOW_S = 0.05;
const SLOW_FRAMES = 10;
/** Of a frame that takes this long, two in a row are enough: nobody waits for ten of them. */
const AWFUL_S = 1;
/** Frames so short, and with so much to spare, that the next better effort will hardly be slow. */
const QUICK_S = 0.022;
const QUICK_FRAMES = 240;
/** Each time that more turned out to be too much, it is tried again so much later. */
const CAUTION = 4;

/** A frame that takes longer is a long wait for tiles that come one by one. */
const LONG_S = 0.1;
/** Of the time until all is there, so much goes to what comes for each part that goes to drawing what came. */
const REST = 3;

/**
 * How long to wait after a frame that took `frameS` before what came meanwhile is drawn, seconds: without a graphics card a
 * frame takes seconds, and decoding and uploading wait for it.
 */
export function restAfter(frameS: number): number {
  return frameS > LONG_S ? REST * frameS : 0;
}

export class Pace {
  private level = 0;
  private slow = 0;
  private quick = 0;
  private patience = QUICK_FRAMES;

  get effort(): Effort {
    return EFFORTS[this.level]!;
  }

  /** A frame that followed another at once took `seconds`; whether the effort changed. */
  frame(seconds: number): boolean {
    this.slow = seconds > SLOW_S ? this.slow + Math.min(Math.max((seconds / AWFUL_S) * (SLOW_FRAMES / 2), 1), SLOW_FRAMES / 2) : 0;
    this.quick = seconds < QUICK_S ? this.quick + 1 : 0;
    if (this.slow >= SLOW_FRAMES && this.level < EFFORTS.length - 1) return this.go(this.level + 1);
    if (this.quick >= this.patience && this.level > 0) {
      this.patience *= CAUTION;
      return this.go(this.level - 1);
    }
    return false;
  }

  private go(level: number): true {
    this.level = level;
    this.slow = this.quick = 0;
    return true;
  }
}
