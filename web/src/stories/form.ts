/** A form of the story panels: fields under one another, kept by a button, whose refusal is shown where it was asked for. */

import { say } from "../studio/language";
import { refusal, whenSent } from "../studio/sending";
import { button, h, replace, richText } from "../ui/dom";
import { languageName } from "../ui/languages";
import { isPlain, toHtml, toMarkdown } from "./markdown";
import type { LocalText } from "./records";

export interface FormActs {
  /** `over`: whatever somebody else wrote meanwhile */
  keep(over: boolean): Promise<void>;
  leave(): void;
  /** null: there is nothing yet to be removed */
  remove: (() => Promise<void>) | null;
}

export function storyForm(title: string, fields: readonly (Node | string | null | false)[], acts: FormActs): HTMLFormElement {
  const told = h("div", { role: "alert" });
  const going = async (act: () => Promise<void>): Promise<void> => {
    try {
      replace(told);
      await act();
    } catch (error) {
      replace(told, ...refusal(error, () => void going(() => acts.keep(true))));
    }
  };
  const sure = button("close", say("remove_sure"), () => void going(acts.remove ?? (async () => undefined)));
  const ask = button("close", say("remove"), () => {
    ask.replaceWith(sure);
    sure.focus();
  });
  const form = h(
    "form",
    { class: "story-form" },
    h("h2", {}, title),
    ...fields,
    told,
    h("div", { class: "inspector-acts" }, button("next", say("keep"), () => undefined, { type: "submit", class: "button-main" }), button("back", say("leave_it"), () => acts.leave()), acts.remove && ask),
  );
  whenSent(form, () => going(() => acts.keep(false)));
  return form;
}

export function labelled(name: string, field: HTMLElement): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, name), field);
}

export function lineField(value: string, required: boolean): HTMLInputElement {
  return h("input", { type: "text", maxlength: "300", required, value });
}

/** Languages that texts are offered in, beside those that they have. */
const OFFERED = ["en", "de", "fr", "it", "es", "pt", "nl", "pl", "el", "tr", "ar", "he", "zh", "ja", "la", "grc"];

/** One text in several languages, as marked text with what becomes of it below. */
export class Texts {
  readonly element: HTMLElement;
  private readonly texts: Map<string, { text: string; isPlain: boolean }>;
  private readonly language: HTMLSelectElement;
  private readonly field = h("textarea", { rows: "7", maxlength: "20000" });
  private readonly shown = h("div", { class: "prose story-preview", "aria-label": say("as_read"), role: "group" });
  private readonly how = h("p", { class: "quiet" });

  constructor(bodies: readonly LocalText[], speaking: string) {
    this.texts = new Map(bodies.map(({ language, text }) => [language, isPlain(text) ? { text: toMarkdown(text), isPlain: true } : { text, isPlain: false }]));
    const first = bodies[0]?.language ?? speaking;
    const tags = [...new Set([...this.texts.keys(), ...OFFERED])];
    this.language = h("select", {}, ...tags.map((tag) => h("option", { value: tag })));
    this.name();
    this.language.value = tags.includes(first) ? first : "en";
    this.language.addEventListener("change", () => this.show());
    this.field.addEventListener("input", () => {
      const before = this.texts.get(this.language.value);
      this.texts.set(this.language.value, { text: this.field.value, isPlain: before?.isPlain ?? true });
      this.name();
      this.draw();
    });
    this.element = h("div", {}, labelled(say("text_language"), this.language), labelled(say("text"), this.field), this.how, this.shown);
    this.show();
  }

  /** All texts that say something, as the museum keeps them. */
  get bodies(): LocalText[] {
    return [...this.texts].filter(([, { text }]) => text.trim() !== "").map(([language, { text, isPlain: marked }]) => ({ language, text: marked ? toHtml(text) : text }));
  }

  /** The languages, and which have no text yet. */
  private name(): void {
    for (const option of this.language.options) {
      const has = (this.texts.get(option.value)?.text ?? "").trim() !== "";
      option.textContent = has ? languageName(option.value) : `${languageName(option.value)} · ${say("text_none")}`;
    }
  }

  private show(): void {
    const { text, isPlain: marked } = this.texts.get(this.language.value) ?? { text: "", isPlain: true };
    this.field.value = text;
    this.field.lang = this.language.value;
    this.how.textContent = say(marked ? "text_marks" : "text_html");
    this.draw();
  }

  private draw(): void {
    const now = this.texts.get(this.language.value);
    this.shown.hidden = !now || now.text.trim() === "";
    if (now) replace(this.shown, richText(now.isPlain ? toHtml(now.text) : now.text));
  }
}
