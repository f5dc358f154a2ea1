/** What the page says, in each of its languages. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import en from "../src/words/en.json";
import studio from "../src/words/studio/en.json";
import { LANGUAGES, metres, speakable } from "../src/ui/words";

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

const TABLES: [string, Record<string, string>][] = [["", en], ["studio/", studio]];

describe.each(TABLES.flatMap(([folder, english]) => LANGUAGES.map((language) => [folder, language, english] as const)))("words in %s%s", (folder, language, en) => {
  const words = JSON.parse(readFileSync(new URL(`../src/words/${folder}${language}.json`, import.meta.url), "utf8")) as Record<string, string>;

  it("say all that English says, and nothing else", () => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
    expect(Object.values(words).filter((word) => word.trim() === "")).toEqual([]);
  });

  it("leave room for the same values", () => {
    for (const [word, text] of Object.entries(en)) expect([word, holes(words[word]!)]).toEqual([word, holes(text)]);
  });
});

describe("the language of a page", () => {
  it("is the first wanted one that the page speaks, else English", () => {
    expect(speakable(["pt-BR", "de-AT", "fr"])).toBe("de");
    expect(speakable(["pt"])).toBe("en");
    expect(speakable(["IT"])).toBe("it");
  });

  it("writes lengths as a visitor reads them", () => {
    expect([0.0042, 0.0451, 2.3456, 1234].map(metres)).toEqual(["4.2 mm", "4.51 cm", "2.35 m", "1.23 km"]);
  });
});
