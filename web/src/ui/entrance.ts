/** The buttons into the headset, one of them to a table of the visitor's own, and why there is no way in where there is none. */

import type { Headset } from "../headset/headset";
import { readiness, tableReady } from "../headset/readiness";
import type { Mode } from "../headset/readiness";
import { button, h } from "./dom";
import { say } from "./words";

export class Entrance {
  readonly button = button("headset", say("enter_vr"), () => void this.press("immersive-vr"), { class: "enter-vr", disabled: true });
  /** shown where the device shows the room as well */
  readonly table = button("table", say("enter_ar"), () => void this.press("immersive-ar"), { class: "enter-ar", hidden: true });
  readonly why = h("p", { class: "why-flat", id: "why-flat", hidden: true });
  private closed = false;

  constructor(private readonly headset: Headset) {
    void tableReady().then((ready) => (this.table.hidden = !ready));
    void readiness().then((answer) => {
      // Where it is closed it can still be pressed: pressing it tells why.
      this.button.disabled = false;
      if (answer.ready) return;
      this.closed = true;
      this.button.setAttribute("aria-disabled", "true");
      this.button.setAttribute("aria-describedby", "why-flat");
      this.button.title = answer.why;
      this.why.textContent = answer.why;
      // The one reason that somebody can mend is said unasked.
      this.why.hidden = window.isSecureContext;
    });
  }

  show(inside: boolean): void {
    const word = this.button.querySelector(".button-word");
    if (word) word.textContent = say(inside ? "leave_vr" : "enter_vr");
  }

  private async press(mode: Mode): Promise<void> {
    if (this.closed) {
      this.why.hidden = !this.why.hidden;
      return;
    }
    if (this.headset.presenting) return this.headset.exit();
    try {
      await this.headset.enter(mode);
    } catch (error) {
      this.why.textContent = say("headset_failed", { why: error instanceof Error ? error.message : String(error) });
      this.why.hidden = false;
    }
  }
}
