/** What is told of things, as words and numbers. */

import { expect, test } from "vitest";
import { happenings, notesAbout, told } from "../src/data/thing";
import type { Statement } from "../src/data/thing";
import type { Note, Person } from "../src/data/exhibition";
import { aboutNotes } from "../src/studio/asset";
import { summary } from "../src/studio/people";
import { TimeScale } from "../src/time/scale";
import { sentence } from "../src/ui/chronology";
import { chosen } from "../src/ui/languages";
import { places } from "../src/ui/lifetime";
import { clock } from "../src/ui/player";

const span = (se: number | null, sl: number | null, ee: number | null, el: number | null) => ({
  startEarliestYear: se, startLatestYear: sl, endEarliestYear: ee, endLatestYear: el,
});

test("a lifetime is full where it is certain and fades where it is not", () => {
  const scale = TimeScale.over([span(0, 0, 1000, 1000)], 2000);
  const [from, full, fades, gone] = places(span(100, 200, 800, 900), scale);
  expect([from, full, fades, gone]).toEqual([100, 200, 801, 901].map((year) => scale.place(year)));
  expect(from < full && full < fades && fades < gone).toBe(true);
});

test("an open end reaches the edge, and what is certain on no day swells to its middle", () => {
  const scale = TimeScale.over([span(0, 0, 1000, 1000)], 2000);
  expect(places(span(null, null, null, null), scale)).toEqual([0, 0, 1, 1]);
  const [from, full, fades, gone] = places(span(100, 400, 99, 399), scale);
  expect(full).toBe(fades);
  expect(from < full && full < gone).toBe(true);
});

test("a text comes in the visitor's language, else the first", () => {
  const texts = [{ text: "Note", language: "en" }, { text: "Notiz", language: "de" }, { text: "Zettel", language: "de-AT" }];
  expect(chosen(texts, ["de-AT"])?.text).toBe("Zettel");
  expect(chosen(texts, ["de-CH", "en"])?.text).toBe("Notiz");
  expect(chosen(texts, ["fr"])?.text).toBe("Note");
  expect(chosen([], ["fr"])).toBe(null);
});

const statement = (more: Partial<Statement>): Statement => ({
  id: "s", relation: "BEFORE", subject: { id: "a", title: "Naos" }, object: { id: "b", title: "Temple" }, date: null,
  end: "START", author: "", source: null, ...more,
});

test("a statement reads from both of its things, and a terminus says which end it is about", () => {
  expect(sentence(statement({}), "a")).toEqual({ pattern: "Was gone before % began", other: { id: "b", title: "Temple" }, date: "" });
  expect(sentence(statement({}), "b")).toEqual({ pattern: "Began after % was gone", other: { id: "a", title: "Naos" }, date: "" });
  const coin = statement({ relation: "TERMINUS_POST_QUEM", object: null, date: { label: "1231" } });
  expect(sentence(coin, "a")).toEqual({ pattern: "Was made no earlier than %", other: null, date: "1231" });
  expect(sentence({ ...coin, end: "END" }, "a").pattern).toBe("Was not gone before %");
});

test("bounds that were not narrowed are not told twice", () => {
  const days = { startEarliestDay: 1, startLatestDay: 2, endEarliestDay: 3, endLatestDay: 4 };
  const steps = { startEarliest: [], startLatest: [], endEarliest: [], endLatest: [] };
  const rest = {
    citations: [], period: null, generated: null, changeEvents: [], history: [], asset: null, statements: { nodes: [] },
  };
  const own = { ...rest, ...steps, existence: days, narrowed: { text: "", label: "", ...span(0, 0, 0, 0), ...days } };
  expect(told(own)).toMatchObject({ narrowed: null, reasons: [] });
  const narrowed = { ...own.narrowed, startEarliestDay: 2, label: "from 2" };
  const found = told({ ...own, narrowed, startEarliest: [{ sentence: "first" }, { sentence: "then" }] });
  expect(found).toMatchObject({ narrowed: { label: "from 2" }, reasons: [["first", "then"]] });
});

test("a thing knows what happened at it, and the notes about it as a whole", () => {
  const event = { kind: "death", date: "1688", existence: null, place: "", placement: { id: "hut" }, note: "" };
  const people: Person[] = [{ id: "p", name: "Zoe", events: [event, { ...event, placement: null }] }];
  expect(happenings(people, "hut")).toEqual([{ person: "Zoe", kind: "death", when: "1688", place: "", note: "" }]);
  expect(happenings(people, "chapel")).toEqual([]);
  const note = (kind: string, placement: string | null) =>
    ({ anchor: { kind, placement: placement && { id: placement } } }) as unknown as Note;
  expect(notesAbout([note("PLACEMENT", "hut"), note("PLACEMENT", "chapel"), note("SCENE", null)], "hut")).toHaveLength(1);
});

test("a report says how many notes must be looked at, those that it does not name, too", () => {
  const report = [
    "taken as metres",
    "annotations: 2 of 3 were carried over",
    "annotations: “A” is flagged: it moved by 4 cm, the limit is 6 mm",
    "annotations: 5 more are flagged",
  ];
  expect(aboutNotes(report).flagged).toBe(6);
  expect(aboutNotes(report).lines[0]).toBe("2 of 3 were carried over");
  expect(aboutNotes(["taken as metres"])).toEqual({ lines: [], flagged: 0 });
});

test("an import is told with its numbers, one of a kind as one", () => {
  const done = { persons: 1, families: 1, withheld: 0, revision: 7, report: [] };
  expect(summary(done)).toBe("1 person and 1 family were written.");
  expect(summary({ ...done, persons: 1200, families: 0, withheld: 2 })).toBe(
    "1,200 people and 0 families were written; 2 people were withheld.",
  );
});

test("a place in a recording reads as a clock does", () => {
  expect([clock(0), clock(65.9), clock(-1)]).toEqual(["0:00", "1:05", "0:00"]);
});
