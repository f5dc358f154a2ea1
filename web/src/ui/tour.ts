/** A guided way: one card, previous and next; the scene follows. */

import type { Tour, TourStep } from "../data/exhibition";
import { button, h, replace } from "./dom";
import { Player } from "./player";
import { say } from "./words";

export class TourCard {
  readonly element = h("section", { class: "tour panel", "aria-label": say("tour"), hidden: true });
  private at = 0;
  private player: Player | null = null;

  constructor(
    private readonly tours: readonly Tour[],
    private readonly go: (step: TourStep) => void,
    /** another step is open, or none */
    private readonly changed: () => void,
  ) {}

  /** The step that is open, for the address. */
  write(parts: URLSearchParams): void {
    if (this.current) parts.set("step", String(this.at + 1));
  }

  /** Opens the step that an address names; moment and view are in it, too. */
  read(parts: URLSearchParams): void {
    const step = Number(parts.get("step") ?? 0) - 1;
    if (!this.tours[0]?.steps[step]) return;
    this.element.hidden = false;
    this.show(step, false);
  }

  toggle(): void {
    if (!this.element.hidden) {
      this.close();
      return;
    }
    this.element.hidden = false;
    this.show(0);
  }

  /** The step that is open. */
  get current(): { tour: string; step: number } | null {
    const tour = this.tours[0];
    return this.element.hidden || !tour ? null : { tour: tour.id, step: this.at };
  }

  /** Shows the step that a guide is at, or none, and leaves where the eye goes to the guide. */
  follow(open: { tour: string; step: number } | null): void {
    if (open === null || this.tours[0]?.id !== open.tour) this.close();
    else if (this.current?.step !== open.step && this.tours[0].steps[open.step]) {
      this.element.hidden = false;
      this.show(open.step, false);
    }
  }

  private close(): void {
    this.silence();
    this.element.hidden = true;
    this.changed();
  }

  private silence(): void {
    this.player?.end();
    this.player = null;
  }

  private show(index: number, goes = true): void {
    const tour = this.tours[0];
    const step = tour?.steps[index];
    if (!tour || !step) return;
    this.silence();
    this.at = index;
    const last = index === tour.steps.length - 1;
    if (step.audio) this.player = new Player(step.audio);
    replace(
      this.element,
      button("close", say("tour_close"), () => this.close(), { class: "button-round panel-close" }),
      h("p", { class: "eyebrow" }, say("tour_step", { title: tour.title, n: index + 1, all: tour.steps.length })),
      h("h2", {}, step.title),
      h("p", { class: "prose", "aria-live": "polite" }, step.text),
      index === 0 && tour.description !== "" && h("p", { class: "quiet" }, tour.description),
      this.player?.element,
      h(
        "div",
        { class: "tour-steps" },
        button("back", say("previous"), () => this.show(this.at - 1), { disabled: index === 0 }),
        button("next", say(last ? "end" : "next"), () => (last ? this.close() : this.show(this.at + 1)), { class: "button-main" }),
      ),
    );
    if (goes) this.go(step);
    this.changed();
  }
}
