/** The button into the headset, and why there is no way in where there is none. */

import { readiness } from "../scene/headset";
import type { Headset } from "../scene/headset";
import { button, h } from "./dom";
import { say } from "./words";

export class Entrance {
  readonly button = button("headset", say("enter_vr"), () => void this.press(), { class: "enter-vr", disabled: true });
  readonly why = h("p", { class: "why-flat", id: "why-flat", hidden: true });
  private closed = false;

  constructor(private readonly headset: Headset) {
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

  private async press(): Promise<void> {
    if (this.closed) {
      this.why.hidden = !this.why.hidden;
      return;
    }
    if (this.headset.presenting) return this.headset.exit();
    try {
      await this.headset.enter();
    } catch (error) {
      this.why.textContent = say("headset_failed", { why: error instanceof Error ? error.message : String(error) });
      this.why.hidden = false;
    }
  }
}
