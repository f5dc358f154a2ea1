/** The gallery: what is open to visitors, and finding it. */

import "../styles/base.css";
import "../styles/gallery.css";
import "../styles/finding.css";
import { loadGallery } from "../data/gallery";
import type { Entry } from "../data/gallery";
import { cardOf } from "../gallery/card";
import { Search } from "../gallery/search";
import { isAnything, left, wishIn, withWish } from "../gallery/wish";
import type { Wish } from "../gallery/wish";
import { h, replace } from "../ui/dom";
import { many, say, speak, spoken, wantedLanguages } from "../ui/words";
import { languageChoice } from "../ui/languages";

class Gallery {
  private readonly cards = h("ul", { class: "cards" });
  private readonly status = h("p", { class: "found-count", role: "status" });
  private readonly nothing = h("div", { class: "empty" });
  private readonly search: Search;
  private found: readonly Entry[];
  private words = "";
  /** answers to older words than the last ones come too late */
  private asked = 0;

  constructor(
    main: Element,
    private readonly all: readonly Entry[],
  ) {
    this.found = all;
    this.search = new Search(all, (wish) => void this.show(wish));
    replace(
      main,
      masthead(),
      all.length > 0 && h("search", { class: "finding" }, this.search.element),
      h("section", { class: "results", "aria-label": say("gallery_results") }, this.status, this.cards, this.nothing),
      colophon(),
    );
    window.addEventListener("popstate", () => this.begin());
    this.begin();
  }

  private begin(): void {
    const wish = wishIn(new URLSearchParams(location.search));
    this.search.show(wish);
    void this.show(wish);
  }

  private async show(wish: Wish): Promise<void> {
    const query = withWish(new URLSearchParams(location.search), wish).toString();
    history.replaceState(history.state, "", `${location.pathname}${query ? `?${query}` : ""}`);
    const words = wish.words.trim();
    if (words !== this.words) {
      const now = ++this.asked;
      try {
        const found = words ? await loadGallery(words) : this.all;
        if (now !== this.asked) return;
        this.found = found;
        this.words = words;
      } catch (error) {
        if (now === this.asked) this.status.textContent = say("gallery_not_searched", { why: error instanceof Error ? error.message : String(error) });
        return;
      }
    }
    this.draw(left(this.found, this.search.wish), this.search.wish);
  }

  private draw(entries: readonly Entry[], wish: Wish): void {
    const anything = isAnything(wish);
    this.cards.classList.toggle("is-whole", anything);
    replace(this.cards, ...entries.map((entry, at) => h("li", {}, cardOf(entry, { first: anything && at === 0 }))));
    const count = many("exhibitions", entries.length);
    this.status.textContent = anything ? count : say("gallery_of", { count, all: this.all.length.toLocaleString(spoken()) });
    this.status.classList.toggle("sr-only", anything || entries.length === 0);
    replace(this.nothing);
    if (entries.length > 0) return;
    const again = h("button", { type: "button", class: "button button-main" }, say("gallery_clear"));
    again.addEventListener("click", () => this.search.clear());
    replace(
      this.nothing,
      h("p", { class: "empty-title" }, say(this.all.length > 0 ? "gallery_nothing" : "gallery_none")),
      this.all.length > 0 && h("p", {}, say("gallery_nothing_why")),
      this.all.length > 0 && again,
    );
  }
}

function masthead(): HTMLElement {
  return h(
    "header",
    { class: "masthead" },
    h("div", { class: "masthead-row" }, h("p", { class: "brand" }, "Chronotope"), languageChoice("language-select")),
    h("h1", {}, say("gallery_title")),
    h("p", { class: "masthead-lead" }, say("gallery_lead")),
  );
}

function colophon(): HTMLElement {
  return h("footer", { class: "colophon" }, h("a", { href: "/studio" }, say("gallery_curators")));
}

async function main(): Promise<void> {
  const main = document.querySelector("main")!;
  try {
    await speak(wantedLanguages());
    new Gallery(main, await loadGallery(""));
  } catch (error) {
    replace(main, h("div", { class: "notice panel", role: "alert" }, h("h1", {}, say("no_answer")), h("p", {}, error instanceof Error ? error.message : String(error))));
  }
}

void main();
