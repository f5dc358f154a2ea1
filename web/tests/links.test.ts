/** Lines between tracks: which end of which thing they go from and to. */

import { expect, it } from "vitest";
import type { Bounds } from "../src/compose/bounds";
import { linkOf } from "../src/compose/links";
import type { Relation, Statement } from "../src/data/thing";

const BOUNDS: Record<string, Bounds> = { temple: [-500, -490, 380, 390], church: [391, 400, 550, 560], field: [null, null, null, null] };

function said(relation: Relation, subject = "temple", object: string | null = "church"): Statement {
  const title = (id: string) => ({ id, title: id });
  return { id: "s", relation, subject: title(subject), object: object === null ? null : title(object), date: null, end: "START", author: "", source: null };
}

const link = (statement: Statement) => linkOf(statement, (thing) => BOUNDS[thing] ?? null);

it("goes from the end of what was over to the beginning of what came then", () => {
  expect(link(said("BEFORE"))).toEqual({ from: { thing: "temple", year: 380 }, to: { thing: "church", year: 400 }, isMutual: false });
  expect(link(said("AFTER", "church", "temple"))).toEqual(link(said("BEFORE")));
});

it("goes from beginning to beginning of what lies below and above", () => {
  expect(link(said("CARRIES"))).toEqual({ from: { thing: "temple", year: -490 }, to: { thing: "church", year: 400 }, isMutual: false });
  expect(link(said("TERMINUS_POST_QUEM", "church", "temple"))).toEqual(link(said("CARRIES")));
});

it("goes from middle to middle of what stood together, and nowhere where there is no year or no other thing", () => {
  expect(link(said("CONTEMPORARY_WITH"))).toEqual({ from: { thing: "temple", year: -55 }, to: { thing: "church", year: 475 }, isMutual: true });
  expect(link(said("BEFORE", "temple", "field"))).toBeNull();
  expect(link(said("TERMINUS_ANTE_QUEM", "temple", null))).toBeNull();
  expect(link(said("BEFORE", "temple", "epoch"))).toBeNull();
});
