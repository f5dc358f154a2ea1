/** The part of the panel that is about clouds of points: what their colours say, which classes are shown, shading. */

import { POINT_SCHEMES } from "../scene/dots";
import type { PointScheme } from "../scene/dots";
import { classColour, hexOf, viridis } from "../scene/ramp";
import type { Sample } from "../scene/sample";
import { choices } from "./choices";
import { h } from "./dom";
import type { Child } from "./dom";
import { metres, say, spoken } from "./words";
import type { Word } from "./words";

export interface Clouds {
  scheme: PointScheme;
  /** classes that are left out */
  hidden: ReadonlySet<number>;
  shading: boolean;
  /** what is drawn now */
  sample: Sample;
}

export interface CloudActs {
  scheme(scheme: PointScheme): void;
  /** shows a class, or leaves it out */
  showClass(number: number, shown: boolean): void;
  shading(on: boolean): void;
}

/** Names of the classes of ASPRS LAS 1.4, by number. */
const NAMES: Readonly<Record<number, Word>> = {
  0: "class_never",
  1: "class_unclassified",
  2: "class_ground",
  3: "class_low_plants",
  4: "class_middle_plants",
  5: "class_high_plants",
  6: "class_building",
  7: "class_low_noise",
  8: "class_key",
  9: "class_water",
  10: "class_rail",
  11: "class_road",
  12: "class_overlap",
  13: "class_wire_guard",
  14: "class_wire",
  15: "class_tower",
  16: "class_wire_connector",
  17: "class_bridge",
  18: "class_high_noise",
  19: "class_overhead",
  20: "class_ignored_ground",
  21: "class_snow",
  22: "class_temporal",
};

export function className(number: number): string {
  const word = NAMES[number];
  return word ? say(word) : say("class_other", { n: number });
}

/** What can be asked of this cloud. */
export function cloudPart({ scheme, hidden, shading, sample }: Clouds, acts: CloudActs): Child[] {
  const offered = POINT_SCHEMES.filter(
    (one) => (one !== "intensity" || sample.intensities) && (one !== "class" || sample.classes.size > 0),
  );
  const shaded = h("input", { type: "checkbox", name: "cloud_shading", checked: shading });
  shaded.addEventListener("change", () => acts.shading(shaded.checked));
  return [
    choices("points_by", offered.map((one) => [one, `points_${one}`] as const), scheme, acts.scheme),
    scheme === "height" && ramp(sample.heights.map((height) => metres(height))),
    scheme === "intensity" && sample.intensities && ramp(sample.intensities.map((value) => Math.round(value).toLocaleString(spoken()))),
    sample.classes.size > 0 && classList(scheme === "class", hidden, sample.classes, acts),
    h("label", { class: "check" }, shaded, h("span", {}, say("points_shaded"))),
  ];
}

/** The scale of colours, from the low end to the high one. */
function ramp(ends: readonly string[]): HTMLElement {
  const strip = h("span", { class: "ramp-strip", "aria-hidden": "true" });
  const stops = Array.from({ length: 10 }, (_, at) => hexOf(viridis(at / 9)));
  strip.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
  return h("p", { class: "ramp", "aria-label": say("colour_means") }, h("span", {}, ends[0]), strip, h("span", {}, ends[1]));
}

function classList(coloured: boolean, hidden: ReadonlySet<number>, classes: ReadonlyMap<number, number>, acts: CloudActs): HTMLElement {
  return h(
    "ul",
    { class: "legend", "aria-label": say("points_classes") },
    ...[...classes].map(([number, count]) => {
      const box = h("input", { type: "checkbox", name: "cloud_class", value: number, checked: !hidden.has(number) });
      box.addEventListener("change", () => acts.showClass(number, box.checked));
      const swatch = h("span", { class: "legend-swatch", "aria-hidden": "true" });
      swatch.style.background = hexOf(classColour(number));
      const told = count.toLocaleString(spoken());
      return h(
        "li",
        {},
        h("label", { class: "check" }, box, coloured && swatch, h("span", {}, className(number), " ", h("span", { class: "quiet" }, told))),
      );
    }),
  );
}
