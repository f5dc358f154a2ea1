/** How good a thing is to show: how large, how finely measured, and what it asks of a visitor's device. */

import { PROFILES } from "../scene/device";
import { h } from "../ui/dom";
import { metres, spoken } from "../ui/words";
import { many, say } from "./language";
import { size } from "./words";

export interface Tileset {
  tiles: number;
  levels: number;
  triangles: number;
  vertices: number;
  byteLength: number;
  rootError: number;
  extent: { low: number[]; high: number[] };
}

const DEVICES = ["phone", "headset", "desktop"] as const;

export function qualityOf(tileset: Tileset): HTMLElement {
  const { extent, triangles, vertices, tiles, levels, byteLength, rootError } = tileset;
  const [x, y, z] = extent.high.map((high, i) => high - extent.low[i]!) as [number, number, number];
  // Of the box that holds it, for nobody has measured the surface: that is mostly larger, and the thing then less dense than is said.
  const faces = 2 * (x * y + y * z + z * x);
  const facts: [string, string][] = [
    [say("quality_size"), [x, y, z].map(metres).join(" × ")],
    [say("quality_counts"), [many("triangles", triangles), ...(vertices > 0 ? [many("vertices", vertices)] : [])].join(" · ")],
    ...(triangles > 0 && faces > 0 ? [[say("quality_density"), say("quality_per", { n: rounded(triangles / faces) })] as [string, string]] : []),
    [say("quality_tiles"), `${say("tiles_in", { tiles: many("tiles", tiles), levels: many("levels", levels) })} · ${say("to_stream", { size: size(byteLength) })}`],
    [say("quality_afar"), metres(rootError)],
  ];
  return h(
    "div",
    { class: "quality" },
    h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    triangles > 0 &&
      h(
        "ul",
        { class: "quality-devices" },
        ...DEVICES.map((device) => {
          const most = PROFILES[device].triangles;
          const fits = triangles <= most;
          return h("li", { class: fits ? "is-fit" : "is-more" }, h("strong", {}, say(`device_${device}`)), " ", fits ? say("device_whole") : say("device_part", { percent: Math.max(1, Math.floor((100 * most) / triangles)) }));
        }),
      ),
    h("p", { class: "quiet" }, say("quality_note")),
  );
}

/** Three figures: more would be made up. */
function rounded(value: number): string {
  return value.toLocaleString(spoken(), { maximumSignificantDigits: 3 });
}
