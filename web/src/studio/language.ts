/** What the studio says, in the curator's language; its words are in `../words/studio`, beside those of all pages. */

import en from "../words/studio/en.json";
import { Lexicon, speak, spoken, wantedLanguages } from "../ui/words";

export type StudioWord = keyof typeof en;

const lexicon = new Lexicon<StudioWord>(en, {
  de: () => import("../words/studio/de.json"),
  fr: () => import("../words/studio/fr.json"),
  it: () => import("../words/studio/it.json"),
});

export const { say, many } = lexicon;

/** Speaks the language that this browser wants, in the studio and in what it shares with the visitors' pages. */
export async function speakHere(): Promise<void> {
  await speak(wantedLanguages());
  await lexicon.load(spoken());
}

/** What a button does to one of many: its visible word first, so that who speaks to the page can say it. */
export function actOn(act: string, what: string): string {
  return `${act}: ${what}`;
}

/** A moment as people read it: "4 Mar 2026, 14:05". */
export function when(moment: string): string {
  return new Date(moment).toLocaleString(spoken() === "en" ? "en-GB" : spoken(), { dateStyle: "medium", timeStyle: "short" });
}
