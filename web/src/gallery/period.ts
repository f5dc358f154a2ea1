/** From when to when: two handles on one bar of time, over the epochs of all exhibitions. */

import type { Entry } from "../data/gallery";
import { TimeScale } from "../time/scale";
import { yearLabel } from "../time/years";
import { h, replace } from "../ui/dom";
import { say } from "../ui/words";

const STEPS = 1000;
/** a tenth of the bar for Page up and Page down */
const LEAP = STEPS / 10;

export class Period {
  readonly element: HTMLElement;
  private readonly scale: TimeScale;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly told = h("span", { class: "period-told" });
  private readonly chosen = h("span", { class: "period-chosen" });

  /** `changed` is told years; null: from the beginning, until today. */
  constructor(
    entries: readonly Entry[],
    private readonly changed: (from: number | null, to: number | null) => void,
  ) {
    const epochs = entries.flatMap((entry) => entry.epochs);
    this.scale = TimeScale.over(
      epochs.map((epoch) => epoch.existence),
      new Date().getFullYear(),
    );
    this.from = this.handle(say("period_from"), 0);
    this.to = this.handle(say("period_to"), STEPS);
    const bands = epochs.map(({ existence }) => {
      const band = h("span");
      const left = this.scale.place(existence.startEarliestYear ?? this.scale.first);
      const right = this.scale.place((existence.endLatestYear ?? this.scale.last) + 1);
      band.style.left = `${left * 100}%`;
      band.style.width = `${Math.max(right - left, 0.004) * 100}%`;
      return band;
    });
    this.element = h(
      "fieldset",
      { class: "period" },
      h("legend", {}, h("span", {}, say("period")), this.told),
      h("div", { class: "period-bar" }, h("div", { class: "period-epochs", "aria-hidden": "true" }, ...bands), this.chosen, this.from, this.to),
    );
    this.show(null, null);
  }

  /** Put the handles where the address says. */
  show(from: number | null, to: number | null): void {
    this.from.value = String(from === null ? 0 : Math.round(this.scale.place(from) * STEPS));
    this.to.value = String(to === null ? STEPS : Math.round(this.scale.place(to) * STEPS));
    this.tell(from, to);
  }

  private handle(label: string, at: number): HTMLInputElement {
    const handle = h("input", { type: "range", min: 0, max: STEPS, step: 1, value: at, "aria-label": label });
    handle.addEventListener("input", () => this.moved(handle));
    handle.addEventListener("keydown", (event) => {
      const leap = { PageUp: LEAP, PageDown: -LEAP, ArrowRight: 10, ArrowUp: 10, ArrowLeft: -10, ArrowDown: -10 }[event.key];
      if (leap === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      handle.value = String(Number(handle.value) + (event.shiftKey ? Math.sign(leap) : leap));
      this.moved(handle);
    });
    return handle;
  }

  private moved(handle: HTMLInputElement): void {
    // The one that is moved stops at the other.
    if (Number(this.from.value) > Number(this.to.value)) handle.value = (handle === this.from ? this.to : this.from).value;
    const [low, high] = [Number(this.from.value), Number(this.to.value)];
    const from = low <= 0 ? null : Math.floor(this.scale.year(low / STEPS));
    const to = high >= STEPS ? null : Math.floor(this.scale.year(high / STEPS));
    this.tell(from, to);
    this.changed(from, to);
  }

  private tell(from: number | null, to: number | null): void {
    const first = from === null ? say("period_beginning") : yearLabel(from);
    const last = to === null ? say("today") : yearLabel(to);
    this.from.setAttribute("aria-valuetext", first);
    this.to.setAttribute("aria-valuetext", last);
    replace(this.told, from === null && to === null ? say("period_any") : say("reach", { first, last }));
    const [low, high] = [Number(this.from.value) / STEPS, Number(this.to.value) / STEPS];
    this.chosen.style.left = `${low * 100}%`;
    this.chosen.style.width = `${(high - low) * 100}%`;
    // Both at the right end: the lower one must be the one to take hold of.
    this.from.classList.toggle("is-over", low > 0.5);
  }
}
