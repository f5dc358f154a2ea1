/** What to look for: words, place, kinds, years. Plain controls, so that keyboards and screen readers know them. */

import type { Entry, Kind } from "../data/gallery";
import { h } from "../ui/dom";
import { say, spoken } from "../ui/words";
import { kindIcon, kindWord } from "./card";
import { Period } from "./period";
import { ANYTHING, isAnything, partingKinds, placesOf } from "./wish";
import type { Wish } from "./wish";

/** so long after the last letter it is looked for, ms */
const PAUSE_MS = 180;
const WIDE = window.matchMedia("(min-width: 561px)");

export class Search {
  readonly element: HTMLElement;
  wish: Wish = ANYTHING;
  private readonly words: HTMLInputElement;
  private readonly place: HTMLSelectElement;
  private readonly kinds = new Map<Kind, HTMLButtonElement>();
  private readonly period: Period | null;
  private readonly more: HTMLDetailsElement;
  private pause = 0;

  constructor(
    entries: readonly Entry[],
    private readonly changed: (wish: Wish) => void,
  ) {
    this.words = h("input", {
      type: "search",
      id: "gallery-words",
      class: "finding-words",
      placeholder: say("gallery_search_hint"),
      maxlength: 200,
      autocomplete: "off",
      enterkeyhint: "search",
    });
    this.words.addEventListener("input", () => {
      this.wish = { ...this.wish, words: this.words.value };
      window.clearTimeout(this.pause);
      this.pause = window.setTimeout(() => this.changed(this.wish), PAUSE_MS);
    });
    const places = placesOf(entries, spoken());
    this.place = h(
      "select",
      { id: "gallery-place" },
      h("option", { value: "" }, say("gallery_anywhere")),
      ...places.map(([place, count]) => h("option", { value: place }, `${place} (${count})`)),
    );
    this.place.addEventListener("change", () => this.set({ place: this.place.value }));
    for (const kind of partingKinds(entries)) {
      const button = h("button", { type: "button", class: "chip", "aria-pressed": "false" }, kindIcon(kind), kindWord(kind));
      button.addEventListener("click", () => this.toggle(kind));
      this.kinds.set(kind, button);
    }
    const dated = entries.some((entry) => entry.epochs.length > 0);
    this.period = dated && entries.length > 1 ? new Period(entries, (from, to) => this.set({ from, to })) : null;
    const filters = [
      places.length > 1 && h("label", { class: "field", for: "gallery-place" }, h("span", { class: "field-name" }, say("gallery_place")), this.place),
      this.period?.element,
      this.kinds.size > 0 && h("div", { class: "chips", role: "group", "aria-label": say("gallery_kinds") }, ...this.kinds.values()),
    ].filter((filter) => !!filter);
    // On a phone they would push the pictures off the screen.
    this.more = h("details", { class: "finding-more", open: WIDE.matches }, h("summary", {}, say("gallery_filters")), h("div", { class: "finding-filters" }, ...filters));
    WIDE.addEventListener("change", () => (this.more.open ||= WIDE.matches));
    this.element = h(
      "form",
      { class: "finding-form", "aria-label": say("gallery_search") },
      h("label", { class: "field field-words", for: "gallery-words" }, h("span", { class: "field-name" }, say("gallery_search")), this.words),
      filters.length > 0 && this.more,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      window.clearTimeout(this.pause);
      this.changed(this.wish);
    });
  }

  /** Shows a wish, and tells nobody. */
  show(wish: Wish): void {
    this.wish = wish;
    this.words.value = wish.words;
    this.place.value = wish.place;
    for (const [kind, button] of this.kinds) button.setAttribute("aria-pressed", String(wish.kinds.includes(kind)));
    this.period?.show(wish.from, wish.to);
    this.more.open ||= !isAnything({ ...wish, words: "" });
  }

  clear(): void {
    window.clearTimeout(this.pause);
    this.show(ANYTHING);
    this.changed(this.wish);
    this.words.focus();
  }

  private toggle(kind: Kind): void {
    const kinds = this.wish.kinds.includes(kind) ? this.wish.kinds.filter((each) => each !== kind) : [...this.wish.kinds, kind];
    this.kinds.get(kind)?.setAttribute("aria-pressed", String(kinds.includes(kind)));
    this.set({ kinds });
  }

  private set(part: Partial<Wish>): void {
    this.wish = { ...this.wish, ...part };
    this.changed(this.wish);
  }
}
