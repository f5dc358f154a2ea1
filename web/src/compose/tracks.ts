/**
 * Time as directly as space: a track for each thing, whose four bounds are drawn and dragged. Between the inner two it stood
 * for certain, out to the outer ones perhaps. A handle is a slider: arrows move it by a year, with Shift by ten.
 */

import { say } from "../studio/language";
import type { StudioWord } from "../studio/language";
import { yearLabel } from "../time/years";
import type { TimeScale } from "../time/scale";
import { h } from "../ui/dom";
import { boundsOf, moved } from "./bounds";
import type { Bounds, Which } from "./bounds";
import type { Chronology } from "./chronology";
import { Links } from "./links";
import type { Thing } from "./workshop";

const NAMES: readonly StudioWord[] = ["bound_begun_after", "bound_begun_by", "bound_ended_after", "bound_ended_by"];

export interface TrackHandlers {
  choose(id: string): void;
  /** a bound was let go at other years */
  dated(id: string, bounds: Bounds): void;
}

export class Tracks {
  private readonly list = h("ol", { class: "tracks", "aria-label": say("tracks") });
  private readonly links: Links;
  readonly element: HTMLElement;
  private redraw: () => void = () => undefined;
  private readonly rows = new Map<string, Row>();
  private head = 0;

  constructor(
    private readonly scale: TimeScale,
    private readonly handlers: TrackHandlers,
  ) {
    this.links = new Links(scale);
    this.element = h("div", { class: "tracks-room" }, this.list);
    this.element.append(this.links.element);
    new ResizeObserver(() => this.redraw()).observe(this.list);
  }

  show(things: readonly Thing[], chosen: string | null, chronology: Chronology): void {
    const known = new Set(things.map(({ id }) => id));
    for (const [id, row] of this.rows) {
      if (known.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    for (const thing of things) {
      let row = this.rows.get(thing.id);
      if (!row) {
        row = new Row(this.scale, this.handlers);
        this.rows.set(thing.id, row);
        this.list.append(row.element);
      }
      row.show(thing, thing.id === chosen);
    }
    this.at(this.head);
    this.redraw = () => this.links.draw(chronology, things, chosen, (id) => this.rows.get(id)?.lie() ?? null);
    this.redraw();
  }

  /** The moment that is shown. */
  at(place: number): void {
    this.head = place;
    this.element.style.setProperty("--moment", String(place));
  }
}

class Row {
  private readonly name = h("button", { type: "button", class: "track-name" });
  private readonly possible = h("span", { class: "track-possible" });
  private readonly certain = h("span", { class: "track-certain" });
  private readonly handles = NAMES.map((name) => h("span", { class: "track-handle", role: "slider", tabindex: "0", "aria-label": say(name) }));
  private readonly lane = h("div", { class: "track-lane" }, this.possible, this.certain, ...this.handles);
  readonly element = h("li", { class: "track" }, this.name, this.lane);
  private thing: Thing | null = null;
  private bounds: Bounds = [null, null, null, null];
  private held: Which | null = null;

  constructor(
    private readonly scale: TimeScale,
    private readonly handlers: TrackHandlers,
  ) {
    this.name.addEventListener("click", () => this.thing && handlers.choose(this.thing.id));
    this.handles.forEach((handle, i) => this.listen(handle, i as Which));
  }

  /** Where its lane lies within the tracks, in pixels. */
  lie(): { left: number; width: number; middle: number } {
    const { lane } = this;
    return { left: lane.offsetLeft, width: lane.offsetWidth, middle: lane.offsetTop + lane.offsetHeight / 2 };
  }

  show(thing: Thing, chosen: boolean): void {
    this.thing = thing;
    this.element.dataset["id"] = thing.id;
    this.element.classList.toggle("is-chosen", chosen);
    this.name.textContent = thing.title || thing.asset?.title || say("untitled");
    this.name.title = thing.existence.label;
    this.name.setAttribute("aria-pressed", String(chosen));
    if (this.held === null) {
      this.bounds = boundsOf(thing.existence);
      this.lay();
    }
  }

  private lay(): void {
    const { scale } = this;
    const [a, b, c, d] = this.bounds;
    // Undated: it may have stood at any time, and nobody drags what is not there.
    const undated = this.thing?.existence.text === "";
    const places = [
      scale.place(a ?? scale.first),
      scale.place(b ?? a ?? scale.first),
      scale.place(c === null ? scale.last : c + 1),
      scale.place(d === null ? scale.last : d + 1),
    ];
    lie(this.possible, places[0]!, places[3]!);
    lie(this.certain, places[1]!, Math.max(places[1]!, places[2]!));
    this.certain.hidden = places[2]! <= places[1]!;
    this.handles.forEach((handle, i) => {
      const year = this.bounds[i]!;
      handle.hidden = undated;
      handle.style.left = `${100 * places[i]!}%`;
      handle.classList.toggle("is-open", year === null);
      handle.setAttribute("aria-valuetext", year === null ? say("no_limit") : yearLabel(year));
      handle.setAttribute("aria-valuenow", String(year ?? (i < 2 ? Math.floor(scale.first) : Math.floor(scale.last))));
      handle.setAttribute("aria-valuemin", String(Math.floor(scale.first)));
      handle.setAttribute("aria-valuemax", String(Math.floor(scale.last)));
      handle.title = `${say(NAMES[i]!)}: ${year === null ? say("no_limit") : yearLabel(year)}`;
    });
  }

  private listen(handle: HTMLElement, which: Which): void {
    const year = (event: PointerEvent): number => {
      const box = this.lane.getBoundingClientRect();
      const found = Math.floor(this.scale.year(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))));
      return which >= 2 ? found - 1 : found; // the last year that counts ends where the bar does
    };
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      this.held = which;
    });
    handle.addEventListener("pointermove", (event) => {
      if (this.held === null || !handle.hasPointerCapture(event.pointerId)) return;
      const to = year(event);
      this.held = this.meant(this.held, to);
      this.bounds = moved(this.bounds, this.held, to);
      this.lay();
    });
    const release = (): void => {
      if (this.held === null) return;
      this.held = null;
      this.say();
    };
    handle.addEventListener("pointerup", release);
    handle.addEventListener("pointercancel", release);
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const from = this.bounds[which] ?? (which < 2 ? this.scale.first : this.scale.last);
      this.bounds = moved(this.bounds, which, from + step * (event.shiftKey ? 10 : 1));
      this.lay();
      this.say();
    });
  }

  /** Two bounds in one place have handles in one place: to the left goes the earlier, to the right the later. */
  private meant(held: Which, to: number): Which {
    const [early, late]: [Which, Which] = held < 2 ? [0, 1] : [2, 3];
    const at = this.bounds[held];
    if (at === null || this.bounds[early] !== this.bounds[late] || to === at) return held;
    return to < at ? early : late;
  }

  private say(): void {
    if (this.thing) this.handlers.dated(this.thing.id, this.bounds);
  }
}

function lie(element: HTMLElement, from: number, to: number): void {
  element.style.left = `${100 * from}%`;
  element.style.width = `${100 * Math.max(0, to - from)}%`;
}
