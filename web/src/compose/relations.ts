/** What is said of the chosen thing's time relative to others: each in a sentence, taken away or added; and rival readings. */

import { ask } from "../data/graphql";
import type { Relation } from "../data/thing";
import { actOn, say } from "../studio/language";
import type { StudioWord } from "../studio/language";
import { whenSent } from "../studio/sending";
import { words } from "../studio/words";
import { sentence } from "../ui/chronology";
import { button, h, replace } from "../ui/dom";
import { labelled } from "../stories/form";
import { sayRelation, unsayRelation } from "./chronology";
import type { Chronology } from "./chronology";
import type { Thing, Workshop } from "./workshop";

const RELATIONS: readonly Relation[] = ["BEFORE", "AFTER", "CONTEMPORARY_WITH", "SAME_TIME_AS", "WITHIN", "CARRIES", "TERMINUS_POST_QUEM", "TERMINUS_ANTE_QUEM"];

export class Relations {
  readonly element = h("section", { class: "relations", "aria-label": say("relations"), hidden: true });
  private readonly list = h("ul", { class: "said" });
  private readonly wrong = h("div", { class: "contradictions" });
  private readonly told = h("div", { role: "alert" });
  private readonly relation = h("select", {}, ...RELATIONS.map((one) => h("option", { value: one }, say(`rel_${one}` satisfies StudioWord))));
  private readonly other = h("select", {});
  private readonly author = h("input", { type: "text", maxlength: "300" });
  private thing: string | null = null;
  private others = "";

  /** `changed` is called once something was said or taken back. */
  constructor(
    private readonly scene: string,
    private readonly changed: () => void,
  ) {
    const form = h("form", {}, labelled(say("rel_is"), this.relation), labelled(say("rel_other"), this.other), labelled(say("rel_author"), this.author), button("next", say("rel_say"), () => undefined, { type: "submit" }));
    whenSent(form, async () => {
      const { thing } = this;
      if (thing && this.other.value) await this.doing(() => sayRelation(this.scene, { relation: this.relation.value as Relation, subject: thing, object: this.other.value, author: this.author.value }));
    });
    this.element.append(h("h2", {}, say("relations")), this.wrong, this.list, h("details", {}, h("summary", {}, say("rel_new")), form), this.told);
  }

  show(thing: Thing | null, { things, epochs }: Workshop, { said, contradictions }: Chronology): void {
    this.element.hidden = thing === null;
    if (thing?.id !== this.thing) replace(this.told);
    this.thing = thing?.id ?? null;
    if (!thing) return;
    const own = said.filter(({ subject, object }) => subject?.id === thing.id || object?.id === thing.id);
    replace(
      this.list,
      ...(own.length > 0
        ? own.map((one) => {
            const { pattern, other, date } = sentence(one, thing.id);
            const text = pattern.replace("%", other?.title ?? date);
            return h("li", {}, h("span", {}, text, one.author !== "" && h("span", { class: "quiet" }, ` · ${one.author}`)), button("close", actOn(say("rel_unsay"), text), () => void this.doing(() => unsayRelation(one.id)), { class: "button-round" }));
          })
        : [h("li", { class: "quiet" }, say("rel_none"))]),
    );
    replace(this.wrong, ...contradictions.map(({ sentences }) => h("div", { class: "contradiction" }, h("p", {}, say("contradiction")), h("ul", {}, ...sentences.map((line) => h("li", {}, line))))));
    const others = [...things.filter(({ id }) => id !== thing.id).map(({ id, title, asset }) => [id, title || asset?.title || say("untitled")]), ...epochs.map(({ id, title }) => [id, title])];
    const key = JSON.stringify(others);
    if (key === this.others) return; // what was chosen stays chosen
    this.others = key;
    replace(this.other, ...others.map(([id, name]) => h("option", { value: id }, name!)));
  }

  private async doing(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      replace(this.told);
      this.changed();
    } catch (error) {
      // A contradiction comes in words: what is said already, and why this cannot be true beside it.
      replace(this.told, h("p", { class: "bad" }, words(error)));
    }
  }
}

/** Rival readings of a scene: which one is looked at, and a new one. */
export class Readings {
  readonly element = h("details", { class: "readings-choice" });
  private readonly shown = h("select", {});
  private known = "";

  constructor(
    private readonly scene: string,
    private readonly acts: { look(reading: string | null): void; changed(): void },
  ) {
    this.shown.addEventListener("change", () => acts.look(this.shown.value || null));
    this.element.append(h("summary", {}, say("readings")), labelled(say("reading_look"), this.shown), this.making());
  }

  show({ hypotheses, defaultHypothesis }: Workshop, looked: string | null): void {
    const key = JSON.stringify([hypotheses, defaultHypothesis]);
    if (key !== this.known) {
      this.known = key;
      const preferred = (id: string): string => (id === defaultHypothesis?.id ? ` · ${say("reading_preferred")}` : "");
      replace(this.shown, h("option", { value: "" }, say("reading_default")), ...hypotheses.map(({ id, title }) => h("option", { value: id }, title + preferred(id))));
      replace(this.rivals, h("option", { value: "" }, say("reading_no_rival")), ...hypotheses.map(({ id, title }) => h("option", { value: id }, title)));
    }
    this.shown.value = looked ?? "";
  }

  private readonly rivals = h("select", {});

  private making(): HTMLElement {
    const [title, author, argument] = [h("input", { type: "text", maxlength: "300", required: true }), h("input", { type: "text", maxlength: "300", required: true }), h("textarea", { rows: "3", maxlength: "20000", required: true })];
    const told = h("div", { role: "alert" });
    const form = h("form", {}, h("h3", {}, say("reading_new")), labelled(say("title"), title), labelled(say("reading_by"), author), labelled(say("why"), argument), labelled(say("reading_rival"), this.rivals), told, button("fork", say("reading_make"), () => undefined, { type: "submit" }));
    whenSent(form, () =>
      ask<{ createHypothesis: { hypothesis: { id: string } } }>(`mutation Reading($input: CreateHypothesisInput!) { createHypothesis(input: $input) { hypothesis { id } } }`, {
        input: { scene: this.scene, title: title.value, author: author.value, argument: argument.value, contrastsWith: this.rivals.value ? [this.rivals.value] : [] },
      }).then(
        ({ createHypothesis }) => {
          for (const field of [title, author, argument]) field.value = "";
          replace(told);
          this.acts.look(createHypothesis.hypothesis.id);
          this.acts.changed();
        },
        (error: unknown) => replace(told, h("p", { class: "bad" }, words(error))),
      ),
    );
    return form;
  }
}
