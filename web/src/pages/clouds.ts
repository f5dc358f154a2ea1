/** Clouds of points, joined to the page: their colours, classes, shading, and what of it an address keeps. */

import type * as THREE from "three";
import { POINT_SCHEMES, hideClasses, paintPoints } from "../scene/dots";
import type { PointScheme } from "../scene/dots";
import { anyPoints } from "../scene/points";
import { sampleOf } from "../scene/sample";
import type { Sample } from "../scene/sample";
import type { Stage } from "../scene/stage";
import type { Clouds } from "../ui/clouds";

export class CloudStudy {
  private scheme: PointScheme = "none";
  private readonly hidden = new Set<number>();
  private sample: Sample | null = null;
  /** points of which the panel was told */
  private told = 0;

  constructor(
    private readonly stage: Stage,
    private readonly roots: () => readonly THREE.Object3D[],
    /** what can be said of clouds changed, or what is chosen */
    private readonly changed: () => void,
  ) {}

  /** What the panel says; null where no points are drawn. */
  get panel(): Clouds | null {
    const { scheme, hidden, sample, stage } = this;
    return sample && { scheme, hidden, shading: stage.shading, sample };
  }

  get stats() {
    const { scheme, hidden, sample, stage } = this;
    return { scheme, hidden: [...hidden], shading: stage.shading, points: sample?.points ?? 0 };
  }

  /** Another cut is drawn. `complete`: no finer one is on its way. */
  shown(complete: boolean): void {
    if (!anyPoints() && !this.sample) return;
    if (!complete && this.sample) return;
    this.sample = sampleOf(this.roots());
    this.paint();
    const points = this.sample?.points ?? 0;
    if (points === this.told) return;
    this.told = points;
    this.changed();
  }

  choose(scheme: PointScheme): void {
    this.scheme = scheme;
    this.paint();
    this.changed();
  }

  showClass(number: number, shown: boolean): void {
    if (shown) this.hidden.delete(number);
    else this.hidden.add(number);
    this.paint();
    this.changed();
  }

  shade(on: boolean): void {
    this.stage.shading = on;
    this.stage.invalidate();
    this.changed();
  }

  write(parts: URLSearchParams): void {
    if (this.scheme !== "none") parts.set("points", this.scheme);
    if (this.hidden.size > 0) parts.set("without", [...this.hidden].join(","));
  }

  read(parts: URLSearchParams): void {
    this.scheme = POINT_SCHEMES.find((one) => one === parts.get("points")) ?? "none";
    for (const text of (parts.get("without") ?? "").split(",")) {
      const number = Number(text);
      if (text !== "" && Number.isInteger(number) && number >= 0 && number < 256) this.hidden.add(number);
    }
    this.paint();
  }

  private paint(): void {
    const { scheme, sample } = this;
    paintPoints(scheme, (scheme === "intensity" ? sample?.intensities : sample?.heights) ?? [0, 1]);
    hideClasses(this.hidden);
    this.stage.invalidate();
  }
}
