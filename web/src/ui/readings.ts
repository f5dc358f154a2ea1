/** Rival readings of the evidence as a switch, with who holds them and why; and whether to show what is only possible. */

import type { Hypothesis } from "../data/exhibition";
import type { Certainty } from "../stream/session";
import { h } from "./dom";

export function readingsPanel(
  hypotheses: readonly Hypothesis[],
  chosen: string,
  certainty: Certainty,
  change: { hypothesis(id: string): void; certainty(certainty: Certainty): void },
): DocumentFragment {
  const panel = document.createDocumentFragment();
  const rivals = hypotheses.filter((one) => one.contrastsWith.length > 0);
  const others = hypotheses.filter((one) => one.contrastsWith.length === 0);
  panel.append(
    h("p", { class: "eyebrow" }, "Readings"),
    h("h2", {}, rivals.length > 0 ? "The evidence allows more than one" : "How it is read"),
  );
  if (rivals.length > 0) {
    const group = h("div", { class: "readings", role: "radiogroup", "aria-label": "Reading shown" });
    for (const hypothesis of rivals) group.append(option(hypothesis, hypothesis.id === chosen, change.hypothesis));
    panel.append(group);
  }
  for (const hypothesis of others) panel.append(h("div", { class: "reading" }, ...words(hypothesis)));
  const box = h("input", { type: "checkbox", checked: certainty === "possible" });
  box.addEventListener("change", () => change.certainty(box.checked ? "possible" : "certain"));
  panel.append(
    h("h3", {}, "Certainty"),
    h("label", { class: "check" }, box, h("span", {}, "Show what is possible, but not certain, as pale and hatched")),
  );
  return panel;
}

function option(hypothesis: Hypothesis, checked: boolean, choose: (id: string) => void): HTMLElement {
  const input = h("input", { type: "radio", name: "reading", value: hypothesis.id, checked });
  input.addEventListener("change", () => choose(hypothesis.id));
  return h("label", { class: "reading" }, input, ...words(hypothesis));
}

function words(hypothesis: Hypothesis): HTMLElement[] {
  return [
    h("span", { class: "reading-title" }, hypothesis.title),
    h("span", { class: "byline" }, hypothesis.author),
    h("span", { class: "prose" }, hypothesis.argument),
  ];
}
