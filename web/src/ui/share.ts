/** Something to pass on: shown whole, and copied at a press. */

import { button, h } from "./dom";
import { say } from "./words";

/** `label` names the field, `act` the button. Where the browser forbids to copy, the text is marked for the hand. */
export function shareField(label: string, text: string, act: string): HTMLElement {
  const field = h("input", { class: "share-text", type: "text", readonly: true, value: text, dir: "ltr", spellcheck: "false", "aria-label": label });
  const told = h("p", { class: "quiet share-told", role: "status" });
  const copy = button("link", act, () => {
    copied(text).then((done) => {
      if (!done) {
        field.focus();
        field.select();
      }
      told.textContent = say(done ? "copied" : "not_copied");
    }, () => undefined);
  });
  return h("div", { class: "share" }, h("p", { class: "share-label" }, label), field, copy, told);
}

/** Whether it is on the clipboard now. Pages over plain http have none. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
