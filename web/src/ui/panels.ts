/** What stands in the side panel: what is here now, about. What is told of one thing is in `thing`. */

import type { Annotation, Exhibition } from "../data/exhibition";
import type { StandingPlacement } from "../stream/session";
import { h } from "./dom";
import { reliabilityTag } from "./evidence";
import { noteBody } from "./thing";

export function nowPanel(
  label: string,
  standing: readonly StandingPlacement[],
  notes: readonly Annotation[],
  go: { thing(id: string): void; note(id: string): void },
): DocumentFragment {
  const panel = document.createDocumentFragment();
  const things = [...standing].sort((a, b) => a.title.localeCompare(b.title));
  const list = (items: readonly StandingPlacement[]): HTMLElement =>
    h(
      "ul",
      { class: "things" },
      ...items.map((item) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "thing", onClick: () => go.thing(item.id) },
            h("span", {}, item.title),
            reliabilityTag(item.reliability),
          ),
        ),
      ),
    );
  const certain = things.filter((item) => item.certainty === "certain");
  const possible = things.filter((item) => item.certainty === "possible");
  panel.append(h("p", { class: "eyebrow" }, label), h("h2", {}, "What is here now"));
  if (things.length === 0) panel.append(h("p", { class: "quiet" }, "Nothing is known to stand here at this moment."));
  if (certain.length > 0) panel.append(h("h3", {}, "For certain"), list(certain));
  if (possible.length > 0) panel.append(h("h3", {}, "Possibly"), list(possible));
  if (notes.length > 0) {
    panel.append(
      h("h3", {}, "Notes"),
      h(
        "ul",
        { class: "things" },
        ...notes.map((note) =>
          h("li", {}, h("button", { type: "button", class: "thing", onClick: () => go.note(note.id) }, note.title)),
        ),
      ),
    );
  }
  return panel;
}

export function aboutPanel(exhibition: Exhibition, verifies: boolean): DocumentFragment {
  const panel = document.createDocumentFragment();
  const { scene } = exhibition;
  const keys: [string, string][] = [
    ["Drag, wheel, pinch", "turn and come nearer"],
    ["W A S D or arrows, in the picture", "move"],
    ["Arrows on the time bar", "earlier, later"],
    ["Page up, Page down on the time bar", "epoch by epoch"],
    ["Space on the time bar", "play"],
    ["Escape", "close"],
  ];
  panel.append(
    h("p", { class: "eyebrow" }, scene.title),
    h("h2", {}, exhibition.title),
    h("p", { class: "prose" }, exhibition.description),
    scene.description !== exhibition.description ? h("p", { class: "prose" }, scene.description) : "",
    ...scene.remarks
      .filter((note) => note.anchor.kind === "SCENE")
      .flatMap((note) => [h("h3", {}, note.title), ...noteBody(note)]),
    h("h3", {}, "What the looks mean"),
    h("p", { class: "prose" }, "Solid: stands for certain at the moment shown. Pale and hatched: may stand; its dates leave it open."),
    h("h3", {}, "Finding your way"),
    h("dl", { class: "keys" }, ...keys.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)])),
    h("p", { class: "quiet" }, verifies ? "Every file received is checked against its digest." : "Files are not checked against their digests: the browser lends its hash only to secure (https) pages."),
  );
  return panel;
}
