/** What happened, above the bands of the time bar: a mark an event, to go to; marks that would touch are one. */

import type { DatedEvent } from "../data/thing";
import { kindOf } from "../ui/chronology";
import { h } from "../ui/dom";
import { many, say } from "../ui/words";
import type { TimeScale, YearSpan } from "./scale";

/** A finger's breadth is more, but marks have no room for it: the least that WCAG 2.2 asks for. */
const TARGET_PX = 24;

export interface Mark<E> {
  /** 0 to 1 along the bar: the middle of when it may have been */
  place: number;
  events: E[];
}

/** Events from left to right, those closer than `gap` (a part of the bar) to their neighbour with it. Undated ones have no place. */
export function marks<E extends { existence: YearSpan }>(events: readonly E[], scale: TimeScale, gap: number): Mark<E>[] {
  const placed = events
    .map((event) => ({ event, years: bounds(event.existence) }))
    .filter((one): one is { event: E; years: [number, number] } => one.years !== null)
    .map(({ event, years: [from, to] }) => ({ event, place: (scale.place(from) + scale.place(to)) / 2 }))
    .sort((a, b) => a.place - b.place);
  const result: Mark<E>[] = [];
  for (const { event, place } of placed) {
    const last = result.at(-1);
    if (last && place - last.place < gap) last.events.push(event);
    else result.push({ place, events: [event] });
  }
  return result;
}

function bounds(span: YearSpan): [number, number] | null {
  const from = span.startEarliestYear ?? span.startLatestYear;
  const to = span.endLatestYear ?? span.endEarliestYear;
  if (from === null && to === null) return null;
  return [from ?? to!, (to ?? from!) + 1];
}

export class EventRow {
  readonly element = h("div", { class: "time-events", role: "group", "aria-label": say("events"), hidden: true });
  private events: readonly DatedEvent[] = [];

  constructor(
    private readonly scale: TimeScale,
    private readonly go: (year: number) => void,
  ) {
    new ResizeObserver(() => this.lay()).observe(this.element);
  }

  show(events: readonly DatedEvent[]): void {
    this.events = events;
    this.element.hidden = marks(events, this.scale, 0).length === 0;
    this.lay();
  }

  private lay(): void {
    const width = this.element.clientWidth;
    if (width === 0) return;
    this.element.replaceChildren(...marks(this.events, this.scale, TARGET_PX / width).map((mark) => this.button(mark)));
  }

  private button({ place, events }: Mark<DatedEvent>): HTMLElement {
    const said = events.map((event) => {
      const title = event.title || kindOf(event);
      return say("event_said", { title, when: event.existence.label || event.existence.text });
    });
    const words = events.length === 1 ? said[0]! : `${many("events_many", events.length)}: ${said.join("; ")}`;
    const year = Math.floor(this.scale.year(place));
    const button = h(
      "button",
      { type: "button", class: "time-event", title: said.join("\n"), "aria-label": words, onClick: () => this.go(year) },
      events.length > 1 && h("span", { class: "time-event-many", "aria-hidden": "true" }, String(events.length)),
    );
    button.style.left = `${place * 100}%`;
    return button;
  }
}
