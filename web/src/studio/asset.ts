/** A thing in the studio's list: what it is, how it went, and a new version of it. */

import { h } from "../ui/dom";
import { clock } from "../ui/player";
import { rightsName } from "../ui/rights";
import { many, say } from "./language";
import type { StudioWord } from "./language";
import { aboutThing } from "./about";
import { qualityOf } from "./quality";
import type { Tileset } from "./quality";
import { codeWords, size } from "./words";

export interface Job {
  id: string;
  state: string;
  progress: number;
  message: string;
  code: string;
}

export interface Asset {
  id: string;
  title: string;
  masterName: string;
  byteLength: number;
  rights: string;
  state: string;
  visibility: string;
  code: string;
  report: string[];
  createdAt: string;
  tileset: Tileset | null;
  media: { digest: string; byteLength: number; duration: number | null; width: number | null; height: number | null } | null;
  jobs: Job[];
}

export const ASSET = `id title masterName byteLength rights state visibility code report createdAt
  tileset { tiles levels triangles vertices byteLength rootError extent { low high } } media { digest byteLength duration width height } jobs { id state progress message code }`;

/** `replace` is given a file that is to take the thing's place; `changed` is called when something else is said of it. */
export function assetRow(asset: Asset, replace: (file: File) => void, changed: () => void): HTMLElement {
  const state = asset.state.toUpperCase();
  const { tileset, media } = asset;
  const job = asset.jobs.at(-1);
  const figures = tileset
    ? [many("triangles", tileset.triangles), say("tiles_in", { tiles: many("tiles", tileset.tiles), levels: many("levels", tileset.levels) }), say("to_stream", { size: size(tileset.byteLength) })].join(" · ")
    : media
      ? mediaWords(media)
      : "";
  return h(
    "li",
    { class: "asset", "data-id": asset.id, "data-state": state },
    h("div", {}, h("p", { class: "asset-title" }, asset.title || asset.masterName), h("p", { class: "quiet" }, `${asset.masterName} · ${size(asset.byteLength)} · ${rightsName(asset.rights)}`)),
    h("p", { class: `state state-${state}` }, say(`asset_${state}` as StudioWord), asset.visibility.toUpperCase() === "PUBLIC" ? `, ${say("public")}` : ""),
    figures && h("p", { class: "asset-figures" }, figures),
    state === "REJECTED" || state === "FAILED"
      ? h("p", { class: "bad" }, codeWords(asset.code, job?.message), asset.code && ` (${asset.code})`)
      : null,
    asset.report.length > 0 && h("details", {}, h("summary", {}, say("found")), h("ul", {}, ...asset.report.map(reportLine))),
    tileset && h("details", { class: "asset-quality" }, h("summary", {}, say("quality")), qualityOf(tileset)),
    aboutThing(asset.id, changed),
    state === "READY" && (tileset ?? media) !== null && h("p", { class: "asset-actions" }, newVersion(asset, replace)),
  );
}

/** "Recording, 1:05 · 1.2 MB to hear". */
function mediaWords({ duration, width, height, byteLength }: NonNullable<Asset["media"]>): string {
  return duration !== null
    ? say("recording", { length: clock(duration), size: size(byteLength) })
    : say("picture", { width: width ?? 0, height: height ?? 0, size: size(byteLength) });
}

/** A button that takes one file. */
function newVersion(asset: Asset, replace: (file: File) => void): HTMLElement {
  const id = `version-${asset.id}`;
  const input = h("input", { type: "file", class: "sr-only", id, "aria-label": say("new_version_of", { title: asset.title || asset.masterName }) });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) replace(file);
    input.value = "";
  });
  return h("span", {}, input, h("label", { class: "button", for: id }, say("new_version")));
}

const ABOUT_NOTES = "annotations: ";

/** A line of a report; what somebody must look at stands out. */
export function reportLine(line: string): HTMLElement {
  return h("li", { class: line.startsWith(ABOUT_NOTES) && line.includes("flagged:") ? "bad" : "" }, line);
}

/** What a report says of the notes that went along to a new version: all lines, and how many notes must be looked at. */
export function aboutNotes(report: readonly string[]): { lines: string[]; flagged: number } {
  const lines = report.filter((line) => line.startsWith(ABOUT_NOTES)).map((line) => line.slice(ABOUT_NOTES.length));
  const more = lines.map((line) => /^(\d+) more are flagged/.exec(line)?.[1]).find(Boolean);
  return { lines, flagged: lines.filter((line) => line.includes(" is flagged: ")).length + Number(more ?? 0) };
}
