/** What stands in the side panel: what is here now, why we think so, about. */

import type { Annotation, Exhibition, Hypothesis, Placement, Scene } from "../data/exhibition";
import { loadReasons } from "../data/exhibition";
import type { Seek, StandingPlacement } from "../stream/session";
import { button, h } from "./dom";
import { rightsName } from "./rights";

/** Extended Matrix classes, in plain words; the stream writes `USVs`, GraphQL `USVS`. */
const RELIABILITY: Record<string, { title: string; meaning: string }> = {
  US: { title: "Real", meaning: "stands or lies where it was found" },
  USVS: { title: "Rebuilt on evidence", meaning: "reconstructed from what was found in this place" },
  USVN: { title: "Rebuilt by analogy", meaning: "reconstructed from comparable sites or written sources" },
  SF: { title: "Real, moved", meaning: "a find that is no longer in its first place" },
  VSF: { title: "Restored find", meaning: "a find, completed and put back by reasoning" },
};

export function reliabilityTag(text: string): HTMLElement {
  const reliability = text.toUpperCase();
  const known = RELIABILITY[reliability];
  return h(
    "span",
    { class: `tag tag-${known ? reliability : "other"}`, title: known?.meaning ?? "" },
    known?.title ?? text,
  );
}

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

/** "Why do we think so?" */
export function thingPanel(
  scene: Scene,
  placement: Placement,
  standing: StandingPlacement | null,
  moment: Seek,
  fly: () => void,
): DocumentFragment {
  const panel = document.createDocumentFragment();
  const known = RELIABILITY[placement.reliability.toUpperCase()];
  const hypothesis = scene.hypotheses.find((one) => one.id === placement.hypothesis?.id);
  const certainty = h("p", { class: "certainty" });
  const sure = standing === null ? "It does not stand at this moment." : standing.certainty === "certain" ? "Stands here for certain at this moment." : "May stand here at this moment; it is not certain.";
  certainty.append(h("span", { class: `dot dot-${standing?.certainty ?? "gone"}` }), sure);
  panel.append(
    h("p", { class: "eyebrow" }, placement.layer?.title ?? scene.title),
    h("h2", {}, placement.title),
    h("p", { class: "existence" }, placement.existence.label || placement.existence.text),
    certainty,
    h("h3", {}, "Why do we think so?"),
    h("div", { class: "reliability" }, reliabilityTag(placement.reliability), known ? ` ${known.meaning}` : ""),
    h("p", { class: "prose" }, placement.reason || "No reason has been recorded."),
  );
  if (standing) {
    void loadReasons(scene.id, moment.at, moment.hypothesis)
      .then((reasons) => {
        const found = reasons.get(placement.id);
        if (found?.reason) certainty.append(" ", h("span", { class: "quiet" }, found.reason));
      })
      .catch(() => undefined); // the panel says enough without it
  }
  if (hypothesis) panel.append(hypothesisNote(hypothesis));
  if (placement.sources.length > 0) {
    panel.append(h("h3", {}, "Sources"), h("ol", { class: "sources" }, ...placement.sources.map((source) => h("li", {}, sourceText(source)))));
  }
  panel.append(
    h("h3", {}, "Model and rights"),
    h("p", { class: "quiet" }, placement.asset.title, placement.asset.attribution && ` · ${placement.asset.attribution}`),
    h("p", { class: "quiet" }, rightsName(placement.asset.rights)),
    h("p", {}, button("eye", "Go there", fly)),
  );
  return panel;
}

function hypothesisNote(hypothesis: Hypothesis): HTMLElement {
  return h(
    "div",
    { class: "reading-note" },
    h("p", {}, "Part of the reading ", h("strong", {}, hypothesis.title), hypothesis.author && ` (${hypothesis.author})`),
    hypothesis.contrastsWith.length > 0 &&
      h("p", { class: "quiet" }, `Others hold: ${hypothesis.contrastsWith.map((rival) => rival.title).join(", ")}`),
  );
}

function sourceText(source: string): Node | string {
  return /^https?:\/\//.test(source)
    ? h("a", { href: source, rel: "noopener noreferrer", target: "_blank" }, source.replace(/^https?:\/\//, ""))
    : source;
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
    h("h3", {}, "What the looks mean"),
    h("p", { class: "prose" }, "Solid: stands for certain at the moment shown. Pale and hatched: may stand; its dates leave it open."),
    h("h3", {}, "Finding your way"),
    h("dl", { class: "keys" }, ...keys.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)])),
    h("p", { class: "quiet" }, verifies ? "Every file received is checked against its digest." : "Files are not checked against their digests: the browser lends its hash only to secure (https) pages."),
  );
  return panel;
}
