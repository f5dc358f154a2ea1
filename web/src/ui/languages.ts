/** The page's language, and texts in several: the visitor's own first, the others a touch away. */

import type { LocalText } from "../data/exhibition";
import { h, replace, richText } from "./dom";
import { LANGUAGES, changeLanguage, say, spoken } from "./words";

/** The text in the first of `wanted` that there is (`de-AT` takes `de`), else the first text. */
export function chosen(texts: readonly LocalText[], wanted: readonly string[]): LocalText | null {
  const base = (tag: string): string => tag.toLowerCase().split("-")[0]!;
  for (const tag of wanted) {
    const found =
      texts.find((text) => text.language.toLowerCase() === tag.toLowerCase()) ??
      texts.find((text) => base(text.language) === base(tag));
    if (found) return found;
  }
  return texts[0] ?? null;
}

/** Languages that browsers have no name for, and museums often have. */
const OLD: Record<string, string> = { grc: "Ancient Greek", akk: "Akkadian", cop: "Coptic", egy: "Egyptian", sux: "Sumerian" };

/** A language by its own name, else by its English one; its tag where the browser does not know it. */
export function languageName(tag: string): string {
  for (const speaker of [tag, "en"]) {
    try {
      const name = new Intl.DisplayNames([speaker], { type: "language" }).of(tag);
      if (name && name !== tag) return name[0]!.toLocaleUpperCase(speaker) + name.slice(1);
    } catch {
      // a tag that the browser does not know
    }
  }
  return OLD[tag] ?? tag;
}

/** A choice of the page's own language; what curators wrote stays in those that it has. */
export function languageChoice(classes: string): HTMLSelectElement {
  const options = LANGUAGES.map((tag) => h("option", { value: tag, lang: tag, selected: tag === spoken() }, languageName(tag)));
  const choice = h("select", { class: classes, "aria-label": say("language"), onChange: () => changeLanguage(choice.value) }, ...options);
  return choice;
}

/** What the visitor chose last; it holds for everything that is opened after. */
let preferred: string | null = null;

/** A text with a switch of its languages, where it has more than one. */
export function textInLanguages(texts: readonly LocalText[], classes = "prose"): HTMLElement {
  const body = h("div", { class: classes });
  const bar = h("div", { class: "languages", role: "group", "aria-label": say("language") });
  const show = (text: LocalText | null): void => {
    replace(body, text && richText(text.text));
    if (text) body.lang = text.language;
    replace(
      bar,
      ...texts.map((each, at) =>
        h(
          "button",
          {
            type: "button",
            class: "language",
            lang: each.language,
            "aria-pressed": String(each === text),
            onClick: () => {
              preferred = each.language;
              show(each);
              (bar.children[at] as HTMLElement | undefined)?.focus({ preventScroll: true });
            },
          },
          languageName(each.language),
        ),
      ),
    );
  };
  show(chosen(texts, [...(preferred ? [preferred] : []), spoken(), ...navigator.languages]));
  return h("div", {}, texts.length > 1 && bar, body);
}
