/** What is told in a scene: its notes, tours and texts in lists, and the form of the one that is being written. */

import { many, say } from "../studio/language";
import { words } from "../studio/words";
import { button, h, replace } from "../ui/dom";
import { spoken } from "../ui/words";
import { articleForm } from "./articles";
import { noteForm } from "./notes";
import { loadMedia, loadTold } from "./records";
import type { Medium, Note, Told, Viewpoint } from "./records";
import { TourForm } from "./tours";

/** What the stage does for those who tell. */
export interface Stand {
  readonly scene: string;
  /** where one stands, and at which moment */
  view(): Viewpoint;
  moment(): { at: string; hypothesis: string | null };
  /** goes there */
  look(viewpoint: Viewpoint, moment: string | null): void;
  /** Calls `pointed` with the next place of the picture that is pointed at, and the thing there; null: nobody waits for it any more. */
  point(pointed: ((at: [number, number, number], thing: string | null) => void) | null): void;
  /** the middle of the picture, for who does not point; null: there is nothing */
  middle(): { at: [number, number, number]; thing: string | null } | null;
  /** when a thing stands, as it is written; empty: undated */
  dateOf(thing: string): string;
  mark(at: readonly [number, number, number] | null): void;
}

export class Stories {
  readonly element = h("div", { class: "stories" });
  private told: Told = { annotations: [], tours: [], articles: [] };
  private media: Medium[] = [];
  private isWriting = false;

  constructor(private readonly stand: Stand) {
    void loadMedia().then((media) => (this.media = media), () => undefined); // without them there is nothing to choose from
    void this.read();
  }

  /** Reads what is told now; what is being written stays. */
  async read(): Promise<void> {
    try {
      this.told = await loadTold(this.stand.scene);
      if (!this.isWriting) this.list();
    } catch (error) {
      if (!this.isWriting) replace(this.element, h("p", { class: "bad", role: "alert" }, words(error)));
    }
  }

  private list(): void {
    const { annotations, tours, articles } = this.told;
    replace(
      this.element,
      this.section(say("notes"), say("note_new"), () => this.note(null), annotations.map((one) => [one.title, "", () => this.note(one)])),
      this.section(say("tours"), say("tour_new"), () => this.write((done) => new TourForm(this.stand, null, this.sounds, done).element), tours.map((one) => [one.title, many("stops", one.steps.length), () => this.write((done) => new TourForm(this.stand, one, this.sounds, done).element)])),
      this.section(say("articles"), say("article_new"), () => this.write((done) => articleForm(this.stand.scene, null, this.pictures, spoken(), done)), articles.map((one) => [one.title, "", () => this.write((done) => articleForm(this.stand.scene, one, this.pictures, spoken(), done))])),
    );
  }

  private get sounds(): Medium[] {
    return this.media.filter(({ isSound }) => isSound);
  }

  private get pictures(): Medium[] {
    return this.media.filter(({ isSound }) => !isSound);
  }

  private section(title: string, act: string, begin: () => void, items: readonly [string, string, () => void][]): HTMLElement {
    return h(
      "section",
      { "aria-label": title },
      h("h2", {}, title),
      items.length > 0 &&
        h("ul", { class: "story-list" }, ...items.map(([name, more, open]) => h("li", {}, h("button", { type: "button", class: "story", onClick: open }, h("span", {}, name || say("untitled")), more !== "" && h("span", { class: "quiet" }, more))))),
      button("next", act, begin),
    );
  }

  private note(one: Note | null): void {
    this.write((done) => noteForm(this.stand, one, spoken(), done));
  }

  /** Shows a form in place of the lists until it is kept or left. */
  private write(form: (done: () => void) => HTMLElement): void {
    this.isWriting = true;
    const done = (): void => {
      this.isWriting = false;
      this.stand.point(null);
      this.stand.mark(null);
      this.list();
      void this.read();
      this.element.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
    };
    replace(this.element, form(done));
    this.element.querySelector<HTMLElement>("input, textarea, button")?.focus();
  }
}
