/** What visitors look for in the gallery. */

import { describe, expect, it } from "vitest";
import type { Entry } from "../src/data/gallery";
import { ANYTHING, isAnything, left, partingKinds, placesOf, wishIn, withWish } from "../src/gallery/wish";

const entry = (title: string, part: Partial<Entry> = {}): Entry => ({
  slug: title,
  title,
  description: "",
  place: "Hill",
  kinds: [],
  firstYear: -600,
  lastYear: 400,
  epochs: [],
  found: [],
  ...part,
});
const titles = (entries: readonly Entry[]): string[] => entries.map(({ title }) => title);

describe("a wish", () => {
  it("comes back from the address as it went there, and leaves what else stands in it", () => {
    const wish = { words: "säule & co", place: "Ölberg", kinds: ["TOUR", "PEOPLE"], from: -430, to: 1200 } as const;
    const query = withWish(new URLSearchParams("lang=it&q=old"), { ...wish, kinds: [...wish.kinds] });
    expect(query.get("lang")).toBe("it");
    expect(wishIn(new URLSearchParams(query.toString()))).toEqual(wish);
    expect(withWish(query, ANYTHING).toString()).toBe("lang=it");
  });

  it("is none where the address cannot be read", () => {
    const wish = wishIn(new URLSearchParams("kind=dragons&from=NaN&to=1e9&q=%20"));
    expect(isAnything(wish)).toBe(true);
    expect(wishIn(new URLSearchParams("from=500&to=-500"))).toMatchObject({ from: -500, to: 500 });
    expect(wishIn(new URLSearchParams({ q: "x".repeat(1000) })).words).toHaveLength(200);
  });

  it("leaves what touches the years, and nothing that has no date", () => {
    const all = [entry("old"), entry("new", { firstYear: 1900, lastYear: null }), entry("undated", { firstYear: null, lastYear: null })];
    expect(titles(left(all, { ...ANYTHING, from: 400 }))).toEqual(["old", "new"]);
    expect(titles(left(all, { ...ANYTHING, from: 401 }))).toEqual(["new"]);
    expect(titles(left(all, { ...ANYTHING, to: -600 }))).toEqual(["old"]);
    expect(titles(left(all, ANYTHING))).toEqual(["old", "new", "undated"]);
  });

  it("wants all of its kinds, and its place", () => {
    const all = [entry("a", { kinds: ["TOUR", "PEOPLE"] }), entry("b", { kinds: ["TOUR"], place: "Valley" })];
    expect(titles(left(all, { ...ANYTHING, kinds: ["TOUR"] }))).toEqual(["a", "b"]);
    expect(titles(left(all, { ...ANYTHING, kinds: ["TOUR", "PEOPLE"] }))).toEqual(["a"]);
    expect(titles(left(all, { ...ANYTHING, place: "Valley" }))).toEqual(["b"]);
    expect(partingKinds(all)).toEqual(["PEOPLE"]);
    expect(placesOf(all, "en")).toEqual([["Hill", 1], ["Valley", 1]]);
  });
});
