import { describe, expect, it } from "vitest";
import { placesOf } from "../src/ui/search";

describe("words in a text", () => {
  it("are found whatever their case and accents, at their places", () => {
    const text = "Ὅσον ζῇς, φαίνου. Élise a dit: été, ÉTÉ.";
    expect(placesOf(text, "ete").map(([from, to]) => text.slice(from, to))).toEqual(["été", "ÉTÉ"]);
    expect(placesOf(text, "οσον")).toEqual([[0, 4]]);
  });

  it("do not move the places of what comes after a letter that grows", () => {
    const text = "ﬁ İstanbul";
    expect(placesOf(text, "stanbul").map(([from, to]) => text.slice(from, to))).toEqual(["stanbul"]);
  });

  it("are nowhere where nothing is sought, or they are not there", () => {
    expect(placesOf("all", " ")).toEqual([]);
    expect(placesOf("all", "none")).toEqual([]);
  });

  it("are found beside one another, not within", () => {
    expect(placesOf("aaaa", "aa")).toEqual([[0, 2], [2, 4]]);
  });
});
