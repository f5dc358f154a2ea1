/** One of a few, as the radio buttons that they are. */

import { h } from "./dom";
import { say } from "./words";
import type { Word } from "./words";

export function choices<T extends string>(name: Word, all: readonly (readonly [T, Word])[], chosen: T, choose: (one: T) => void): HTMLElement {
  return h(
    "div",
    { class: "choices", role: "radiogroup", "aria-label": say(name) },
    ...all.map(([value, word]) => {
      const input = h("input", { type: "radio", name, value, checked: value === chosen });
      input.addEventListener("change", () => choose(value));
      return h("label", { class: "check" }, input, h("span", {}, say(word)));
    }),
  );
}
