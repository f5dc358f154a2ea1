/** The time of a thing as a bar on the scale of the time bar: full where it certainly stood, fading where nobody knows. */

import type { TimeScale, YearSpan } from "../time/scale";
import { h } from "./dom";

/** Places 0 to 1 where the bar begins to show, is full, begins to fade, is gone. An open end reaches the edge, full. */
export function places(span: YearSpan, scale: TimeScale): [number, number, number, number] {
  const from = span.startEarliestYear === null ? 0 : scale.place(span.startEarliestYear);
  const full = span.startLatestYear === null ? 0 : scale.place(span.startLatestYear);
  const fades = span.endEarliestYear === null ? 1 : scale.place(span.endEarliestYear + 1);
  const gone = span.endLatestYear === null ? 1 : scale.place(span.endLatestYear + 1);
  // What may have ended before it certainly began is certain on no day: it swells to the middle and fades again.
  const middle = (full + fades) / 2;
  return fades < full ? [from, middle, middle, gone] : [from, full, fades, gone];
}

/** `moment` is a year of the scale. */
export function lifetimeBar(span: YearSpan, scale: TimeScale, moment: number | null): HTMLElement {
  const [from, full, fades, gone] = places(span, scale);
  const bar = h("div", { class: "lifetime", "aria-hidden": "true" });
  const life = h("span", { class: "lifetime-span" });
  const width = Math.max(gone - from, 0.006);
  life.style.left = `${from * 100}%`;
  life.style.width = `${width * 100}%`;
  const stop = (place: number): string => `${(((place - from) / width) * 100).toFixed(2)}%`;
  const certain = (span.startLatestYear ?? -Infinity) <= (span.endEarliestYear ?? Infinity);
  life.style.setProperty("--full", certain ? "1" : "0.55");
  life.style.setProperty("--from", stop(full));
  life.style.setProperty("--to", stop(fades));
  bar.append(life);
  if (moment !== null) {
    const now = h("span", { class: "lifetime-now" });
    now.style.left = `${scale.place(moment) * 100}%`;
    bar.append(now);
  }
  return bar;
}
