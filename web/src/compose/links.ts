/**
 * What is said of two things' times, as lines between their tracks: from the end of what was over to the beginning of what
 * came then, from middle to middle of what stood together. What cannot all be true is drawn red. The inspector lists the
 * same in words.
 */

import type { TimeScale } from "../time/scale";
import { boundsOf } from "./bounds";
import type { Bounds } from "./bounds";
import type { Statement } from "../data/thing";
import type { Chronology } from "./chronology";
import type { Thing } from "./workshop";

const SVG = "http://www.w3.org/2000/svg";
const TOGETHER = new Set(["CONTEMPORARY_WITH", "SAME_TIME_AS", "WITHIN"]);

export interface Link {
  from: { thing: string; year: number };
  to: { thing: string; year: number };
  /** they stood together: neither comes first */
  isMutual: boolean;
}

/** Where the line of a statement begins and ends; null where it is not about two things with tracks, or of no known time. */
export function linkOf(said: Statement, bounds: (thing: string) => Bounds | null): Link | null {
  const [subject, object] = [said.subject?.id, said.object?.id];
  const [a, b] = [subject && bounds(subject), object && bounds(object)];
  if (!subject || !object || !a || !b) return null;
  const start = (one: Bounds): number | null => one[1] ?? one[0];
  const end = (one: Bounds): number | null => one[2] ?? one[3];
  const link = (from: string, at: number | null, to: string, then: number | null, isMutual = false): Link | null =>
    at === null || then === null ? null : { from: { thing: from, year: at }, to: { thing: to, year: then }, isMutual };
  if (TOGETHER.has(said.relation)) {
    const middle = (one: Bounds): number | null => {
      const [first, last] = [start(one), end(one)];
      return first === null || last === null ? (first ?? last) : (first + last) / 2;
    };
    return link(subject, middle(a), object, middle(b), true);
  }
  switch (said.relation) {
    case "BEFORE":
      return link(subject, end(a), object, start(b));
    case "AFTER":
      return link(object, end(b), subject, start(a));
    case "CARRIES":
    case "TERMINUS_ANTE_QUEM":
      return link(subject, start(a), object, start(b));
    default:
      return link(object, start(b), subject, start(a));
  }
}

export class Links {
  readonly element = document.createElementNS(SVG, "svg");

  constructor(private readonly scale: TimeScale) {
    this.element.classList.add("track-links");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** `laneOf`: where a thing's lane lies within the tracks, in pixels; null where it has none. */
  draw(chronology: Chronology, things: readonly Thing[], chosen: string | null, laneOf: (thing: string) => { left: number; width: number; middle: number } | null): void {
    const bounds = new Map(things.map((thing) => [thing.id, boundsOf(thing.narrowed.text === "" ? thing.existence : thing.narrowed)]));
    const wrong = new Set(chronology.contradictions.flatMap(({ statements }) => statements.map(({ id }) => id)));
    const lines = chronology.said.flatMap((said) => {
      const link = linkOf(said, (thing) => bounds.get(thing) ?? null);
      const [from, to] = link ? [laneOf(link.from.thing), laneOf(link.to.thing)] : [null, null];
      if (!link || !from || !to) return [];
      const x = (lane: { left: number; width: number }, year: number): number => lane.left + lane.width * this.scale.place(year);
      const line = this.line([x(from, link.from.year), from.middle], [x(to, link.to.year), to.middle]);
      line.classList.toggle("is-mutual", link.isMutual);
      line.classList.toggle("is-wrong", wrong.has(said.id));
      line.classList.toggle("is-near", chosen !== null && (said.subject?.id === chosen || said.object?.id === chosen));
      return [line, ...(link.isMutual ? [] : [this.head([x(to, link.to.year), to.middle], from.middle < to.middle, line.classList)])];
    });
    this.element.replaceChildren(...lines);
  }

  private line([x, y]: [number, number], [u, v]: [number, number]): SVGPathElement {
    const path = document.createElementNS(SVG, "path");
    const bend = Math.max(14, Math.abs(v - y) * 0.5) * (v > y ? 1 : -1);
    path.setAttribute("d", `M${x} ${y}C${x} ${y + bend} ${u} ${v - bend} ${u} ${v}`);
    return path;
  }

  private head([x, y]: [number, number], isDown: boolean, classes: DOMTokenList): SVGPathElement {
    const path = document.createElementNS(SVG, "path");
    const back = isDown ? -7 : 7;
    path.setAttribute("d", `M${x - 4} ${y + back}L${x} ${y}L${x + 4} ${y + back}`);
    path.classList.add(...classes);
    return path;
  }
}
