/** Rival readings of the evidence as a switch, with who holds them and why; and whether to show what is only possible. */

import type { Hypothesis } from "../data/exhibition";
import type { Certainty } from "../stream/session";
import { h } from "./dom";
import { sourceLine } from "./evidence";
import { say } from "./words";

export function readingsPanel(
  hypotheses: readonly Hypothesis[],
  chosen: string,
  certainty: Certainty,
  change: { hypothesis(id: string): void; certainty(certainty: Certainty): void },
): DocumentFragment {
  const panel = document.createDocumentFragment();
  // A reading can be chosen where it contradicts another, or says more than the one that it builds on.
  const open = hypotheses.filter((one) => one.contrastsWith.length > 0 || one.buildsOn);
  const others = hypotheses.filter((one) => !open.includes(one));
  const rivals = open.some((one) => one.contrastsWith.length > 0);
  panel.append(
    h("p", { class: "eyebrow" }, say("readings")),
    h("h2", {}, say(rivals ? "readings_rival" : "readings_how")),
  );
  if (open.length > 0) {
    const group = h("div", { class: "readings", role: "radiogroup", "aria-label": say("reading_shown") });
    for (const hypothesis of inOrder(open)) group.append(option(hypothesis, hypothesis.id === chosen, change.hypothesis));
    panel.append(group);
  }
  for (const hypothesis of others) panel.append(h("div", { class: "reading" }, ...words(hypothesis)));
  const box = h("input", { type: "checkbox", checked: certainty === "possible" });
  box.addEventListener("change", () => change.certainty(box.checked ? "possible" : "certain"));
  panel.append(
    h("h3", {}, say("certainty")),
    h("label", { class: "check" }, box, h("span", {}, say("show_possible"))),
  );
  return panel;
}

/** Each followed by what builds on it. */
function inOrder(hypotheses: readonly Hypothesis[]): Hypothesis[] {
  const known = new Set(hypotheses.map((one) => one.id));
  const result: Hypothesis[] = [];
  const add = (one: Hypothesis): void => {
    if (result.includes(one)) return; // a circle is not kept by the museum; one more glance costs nothing
    result.push(one);
    hypotheses.filter((other) => other.buildsOn?.id === one.id).forEach(add);
  };
  hypotheses.filter((one) => !one.buildsOn || !known.has(one.buildsOn.id)).forEach(add);
  return result;
}

function option(hypothesis: Hypothesis, checked: boolean, choose: (id: string) => void): HTMLElement {
  const input = h("input", { type: "radio", name: "reading", value: hypothesis.id, checked });
  input.addEventListener("change", () => choose(hypothesis.id));
  return h("label", { class: hypothesis.buildsOn ? "reading is-built-on" : "reading" }, input, ...words(hypothesis));
}

function words(hypothesis: Hypothesis): HTMLElement[] {
  const sure = hypothesis.confidence === null ? "" : `, ${say("sure", { percent: Math.round(hypothesis.confidence * 100) })}`;
  const parts = [
    h("span", { class: "reading-title" }, hypothesis.title),
    h("span", { class: "byline" }, `${hypothesis.author}${sure}`),
    hypothesis.buildsOn && h("span", { class: "byline" }, say("builds_on", { title: hypothesis.buildsOn.title })),
    h("span", { class: "prose" }, hypothesis.argument),
    sourceLine(hypothesis.sources),
  ];
  return parts.filter((part): part is HTMLSpanElement => part !== null);
}
