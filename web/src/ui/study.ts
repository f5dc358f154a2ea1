/** The panel for a closer look: two moments, colours that say something, a distance, a section, a link to all of it. */

import type { Cut, Side } from "../scene/section";
import { SIDES } from "../scene/section";
import type { Layout } from "../scene/split";
import type { TimeScale } from "../time/scale";
import { yearLabel } from "../time/years";
import { choices } from "./choices";
import { cloudPart } from "./clouds";
import type { CloudActs, Clouds } from "./clouds";
import { button, h, replace } from "./dom";
import type { Child } from "./dom";
import { SCHEMES, legend } from "./schemes";
import type { Scheme } from "./schemes";
import { shareField } from "./share";
import { metres, say } from "./words";
import type { Word } from "./words";

export interface Studied {
  layout: Layout;
  /** the year compared with */
  other: number;
  scheme: Scheme;
  safe: boolean;
  /** null where there are none */
  clouds: Clouds | null;
  cut: Cut | null;
  /** where a section may be laid, metres along its axis; or how large a box may be */
  range: readonly [number, number];
  measuring: boolean;
}

export interface StudyActs {
  compare(layout: Layout): void;
  other(year: number): void;
  colour(scheme: Scheme, safe: boolean): void;
  readonly clouds: CloudActs;
  section(side: Side | null): void;
  sectionAt(metres: number): void;
  measure(on: boolean): void;
  markMiddle(): void;
  /** the address of all that is seen */
  address(): string;
}

const LAYOUTS: readonly [Layout, Word][] = [
  ["one", "compare_none"],
  ["swipe", "compare_swipe"],
  ["beside", "compare_beside"],
];

export class StudyPanel {
  /** what the ruler says; kept, so that it is read out when it changes */
  readonly measured = h("p", { class: "study-measured", role: "status" });

  constructor(
    private readonly scale: TimeScale,
    private readonly acts: StudyActs,
  ) {}

  panel(at: Studied): DocumentFragment {
    const { acts } = this;
    const panel = document.createDocumentFragment();
    panel.append(h("p", { class: "eyebrow" }, say("study")), h("h2", {}, say("study_title")));
    section(panel, "compare", choices("compare", LAYOUTS, at.layout, acts.compare), at.layout !== "one" && this.otherMoment(at.other));
    const safe = h("input", { type: "checkbox", checked: at.safe });
    safe.addEventListener("change", () => acts.colour(at.scheme, safe.checked));
    section(
      panel,
      "colour",
      choices("colour_by", SCHEMES.map((scheme) => [scheme, `colour_${scheme}`] as const), at.scheme, (scheme) => acts.colour(scheme, at.safe)),
      at.scheme === "reliability" && h("label", { class: "check" }, safe, h("span", {}, say("colour_safe"))),
      at.scheme !== "none" && legendList(at.scheme, at.safe),
    );
    if (at.clouds) section(panel, "points", ...cloudPart(at.clouds, acts.clouds));
    section(
      panel,
      "measure",
      at.measuring && h("p", { class: "quiet" }, say("measure_how")),
      h(
        "div",
        { class: "study-acts" },
        button("ruler", say(at.measuring ? "measure_stop" : "measure_start"), () => acts.measure(!at.measuring)),
        at.measuring && button("target", say("measure_middle"), acts.markMiddle),
      ),
      this.measured,
    );
    const sides = [["", "section_none"] as const, ...SIDES.map((side) => [side, `section_${side}`] as const)];
    section(
      panel,
      "section",
      choices("section_along", sides, at.cut?.side ?? "", (side) => acts.section(side === "" ? null : side)),
      at.cut && this.sectionPlace(at.cut, at.range),
    );
    const share = h("div", {});
    share.append(
      button("link", say("link_copy"), () => replace(share, shareField(say("link_copy"), acts.address(), say("room_copy")))),
    );
    section(panel, "link", share);
    return panel;
  }

  private otherMoment(year: number): HTMLElement {
    const { scale } = this;
    const told = h("output", { class: "study-value" }, yearLabel(year));
    const slider = h("input", { type: "range", min: "0", max: "1000", value: String(Math.round(scale.place(year) * 1000)), "aria-valuetext": yearLabel(year) });
    slider.addEventListener("input", () => {
      const to = Math.floor(scale.year(Number(slider.value) / 1000));
      told.textContent = yearLabel(to);
      slider.setAttribute("aria-valuetext", yearLabel(to));
      this.acts.other(to);
    });
    return h("label", { class: "field" }, h("span", {}, say("compare_here")), slider, told);
  }

  private sectionPlace({ side, metres: place }: Cut, [low, high]: readonly [number, number]): HTMLElement {
    const told = h("output", { class: "study-value" }, metres(place));
    const slider = h("input", { type: "range", min: String(low), max: String(high), step: String((high - low) / 400), value: String(place), "aria-valuetext": metres(place) });
    slider.addEventListener("input", () => {
      const to = Number(slider.value);
      told.textContent = metres(to);
      slider.setAttribute("aria-valuetext", metres(to));
      this.acts.sectionAt(to);
    });
    return h("label", { class: "field" }, h("span", {}, say(side === "outside" ? "section_half" : "section_at")), slider, told);
  }
}

function section(panel: DocumentFragment, title: Word, ...children: Child[]): void {
  const own = h("section", { class: "study-part" }, h("h3", {}, say(title)));
  own.append(...children.filter((child): child is Node => child instanceof Node));
  panel.append(own);
}

function legendList(scheme: Scheme, safe: boolean): HTMLElement {
  return h(
    "ul",
    { class: "legend", "aria-label": say("colour_means") },
    ...legend(scheme, safe).map(({ colour, word }) => {
      const swatch = h("span", { class: "legend-swatch", "aria-hidden": "true" });
      swatch.style.background = colour;
      return h("li", {}, swatch, say(word));
    }),
  );
}
