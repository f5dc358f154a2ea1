/**
 * What the page itself says, in the visitor's language. Words are in `../words/*.json`, one file a language, for translators
 * to edit; English is at hand, the others are loaded when they are wanted. A count takes the form that its language has for
 * it (`…_one`, `…_other`).
 */

import en from "../words/en.json";

type Values = Readonly<Record<string, string | number>>;
/** Words of which there is a form for one and a form for others, by what both begin with. */
type Counted<W extends string> = { [Each in W]: Each extends `${infer Stem}_other` ? Stem : never }[W];

let language = "en";
let plurals = new Intl.PluralRules("en");

/** The words of a part of the pages: English, and how those of the other languages are loaded. */
export class Lexicon<W extends string> {
  private table: Readonly<Record<W, string>>;

  constructor(
    private readonly english: Readonly<Record<W, string>>,
    private readonly others: Readonly<Record<string, () => Promise<{ default: Readonly<Record<W, string>> }>>>,
  ) {
    this.table = english;
  }

  /** Takes a language's words; answers whether they are there, else English stays. */
  async load(wanted: string): Promise<boolean> {
    this.table = this.english;
    try {
      if (wanted !== "en") this.table = (await this.others[wanted]!()).default;
      return true;
    } catch {
      return false; // the file did not come: better English than nothing
    }
  }

  /** The word, with what stands in it for `{name}`. */
  readonly say = (word: W, values: Values = {}): string =>
    this.table[word].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

  /** The same of a number of things, which stands for `{n}`. */
  readonly many = (word: Counted<W>, n: number, values: Values = {}): string => {
    const form = plurals.select(n) === "one" ? "one" : "other";
    return this.say(`${word}_${form}` as unknown as W, { n: n.toLocaleString(language), ...values });
  };
}

export type Word = keyof typeof en;
const LOADED = {
  de: () => import("../words/de.json"),
  fr: () => import("../words/fr.json"),
  it: () => import("../words/it.json"),
};
const common = new Lexicon<Word>(en, LOADED);
export const { say, many } = common;

export const LANGUAGES: readonly string[] = ["en", ...Object.keys(LOADED)];
const KEPT = "chronotope.language";

/** The language that the page speaks: one of `LANGUAGES`. */
export function spoken(): string {
  return language;
}

/** The first of `wanted` that the page speaks (`de-AT` takes `de`), else English. */
export function speakable(wanted: readonly string[]): string {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0]!;
    if (LANGUAGES.includes(base)) return base;
  }
  return "en";
}

/** What the address asks for (`?lang=it`), what this visitor chose before, what the browser speaks. */
export function wantedLanguages(): string[] {
  const asked = new URLSearchParams(location.search).get("lang");
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // storage is forbidden here
  }
  return [asked, kept, ...navigator.languages].filter((tag): tag is string => !!tag);
}

/** Speaks a language from now on; words that are already on the page stay. */
export async function speak(wanted: readonly string[]): Promise<void> {
  const found = speakable(wanted);
  language = (await common.load(found)) ? found : "en";
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

/** Opens the page anew in another language, at the same place and moment. */
export function changeLanguage(to: string): void {
  try {
    localStorage.setItem(KEPT, to);
  } catch {
    // then for this page alone
  }
  const address = new URL(location.href);
  address.searchParams.set("lang", to);
  location.replace(address);
  if (address.href === location.href) location.reload();
}

/** A length in metres: "4.5 cm", "2.35 m". Three figures are as many as a scan is good for. */
export function metres(length: number): string {
  const figures = { maximumSignificantDigits: 3 } as const;
  if (length < 0.01) return `${(length * 1000).toLocaleString(language, figures)} mm`;
  if (length < 1) return `${(length * 100).toLocaleString(language, figures)} cm`;
  return length < 1000 ? `${length.toLocaleString(language, figures)} m` : `${(length / 1000).toLocaleString(language, figures)} km`;
}
