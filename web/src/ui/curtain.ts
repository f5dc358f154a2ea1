/** What stands over two moments: the line between them, which can be drawn to and fro, and what each is called. */

import type { Split } from "../scene/split";
import { h } from "./dom";
import { say } from "./words";

const STEP = 0.02;

export class Curtain {
  readonly element: HTMLElement;
  private readonly line = h("div", { class: "curtain-line", "aria-label": say("compare_divider"), "aria-valuemin": 0, "aria-valuemax": 100 });
  private readonly names = [h("p", { class: "curtain-name" }), h("p", { class: "curtain-name" })] as const;

  constructor(private readonly split: Split) {
    this.line.append(h("span", { class: "curtain-grip" }));
    this.element = h("div", { class: "curtain", hidden: true }, ...this.names, this.line);
    this.line.addEventListener("pointerdown", (event) => {
      if (split.layout === "swipe") this.line.setPointerCapture(event.pointerId);
    });
    this.line.addEventListener("pointermove", (event) => {
      if (!this.line.hasPointerCapture(event.pointerId)) return;
      const box = this.element.getBoundingClientRect();
      this.draw((event.clientX - box.left) / box.width);
    });
    this.line.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: split.place - STEP, ArrowRight: split.place + STEP, Home: 0, End: 1 }[event.key];
      if (to === undefined || split.layout !== "swipe") return;
      event.preventDefault();
      this.draw(to);
    });
  }

  show(left: string, right: string): void {
    const { layout } = this.split;
    this.element.hidden = layout === "one";
    const swipes = layout === "swipe";
    this.line.classList.toggle("is-fixed", !swipes);
    if (swipes) {
      this.line.setAttribute("role", "slider");
      this.line.tabIndex = 0;
    } else {
      this.line.removeAttribute("role");
      this.line.removeAttribute("tabindex");
    }
    this.names[0].textContent = left;
    this.names[1].textContent = right;
    this.draw(swipes ? this.split.place : 0.5);
  }

  private draw(place: number): void {
    if (this.split.layout === "swipe") this.split.draw(place);
    const at = this.split.layout === "swipe" ? this.split.place : 0.5;
    this.element.style.setProperty("--at", `${(at * 100).toFixed(2)}%`);
    this.line.setAttribute("aria-valuenow", String(Math.round(at * 100)));
    this.line.setAttribute("aria-valuetext", say("compare_told", { left: this.names[0].textContent ?? "", right: this.names[1].textContent ?? "" }));
  }
}
