/**
 * The time bar: epochs as bands whose edges are as soft as their dates, a handle to drag, years below, play.
 *
 * One control, `role=slider`; arrows move by a two-hundredth of the bar, Page keys by epoch, Home and End to the ends.
 */

import type { Epoch, Span } from "../data/exhibition";
import { button, h, icon } from "../ui/dom";
import { many, say } from "../ui/words";
import { EventRow } from "./events";
import { TimeScale, stands } from "./scale";
import { yearLabel } from "./years";

export interface BarHandlers {
  /** `settled`: the handle was let go or a key pressed, not in the middle of a drag */
  moved(year: number, settled: boolean): void;
}

const PLAY_S = 55;
const CIRCA = 0.008;

export class TimeBar {
  readonly element: HTMLElement;
  readonly scale: TimeScale;
  /** what happened, above the bands */
  readonly events: EventRow;
  private readonly track: HTMLElement;
  private readonly head: HTMLElement;
  private readonly readout = h("p", { class: "time-year" });
  private readonly epochLine = h("p", { class: "time-epoch" });
  private readonly standing = h("p", { class: "time-standing" });
  private readonly meter = h("span", { class: "meter-certain" });
  private readonly playButton: HTMLButtonElement;
  private readonly bands: { epoch: Epoch; element: HTMLElement }[] = [];
  private year = 0;
  private playing = false;
  private lastFrame = 0;

  constructor(
    private readonly all: readonly Epoch[],
    things: readonly Span[],
    present: number,
    private readonly handlers: BarHandlers,
    private readonly reducedMotion: () => boolean,
  ) {
    // Marked by epochs; things only widen it where there are no epochs.
    this.scale = TimeScale.over(all.length > 0 ? all.map((epoch) => epoch.existence) : things, present);
    this.events = new EventRow(this.scale, (year) => {
      this.stop();
      this.move(year, true);
    });
    this.head = h("div", { class: "time-head" }, h("span", { class: "time-grip" }));
    const bandRow = h("div", { class: "time-bands" });
    this.layBands(bandRow);
    const changes = h("div", { class: "time-changes" });
    this.layChanges(changes, things);
    const axis = h("div", { class: "time-axis" });
    this.layAxis(axis);
    new ResizeObserver(() => this.layAxis(axis)).observe(axis);
    this.track = h(
      "div",
      {
        class: "time-track",
        role: "slider",
        tabindex: "0",
        "aria-label": say("moment"),
        "aria-valuemin": this.scale.first,
        "aria-valuemax": this.scale.last,
        "aria-orientation": "horizontal",
      },
      bandRow,
      changes,
      this.head,
    );
    this.playButton = button("play", say("play_time"), () => this.toggle(), { class: "time-play" });
    this.element = h(
      "section",
      { class: "time", "aria-label": say("time") },
      h(
        "div",
        { class: "time-top" },
        this.playButton,
        this.readout,
        h("div", { class: "time-words" }, this.epochLine, this.standing),
        h(
          "div",
          { class: "time-steps" },
          button("back", say("epoch_before"), () => this.stepEpoch(-1), { class: "button-round" }),
          button("next", say("next_epoch"), () => this.stepEpoch(1), { class: "button-round" }),
        ),
      ),
      this.events.element,
      this.track,
      axis,
    );
    this.listen();
  }

  /** Puts the handle; tells nobody. */
  show(year: number): void {
    this.year = Math.max(this.scale.first, Math.min(this.scale.last, year));
    const whole = Math.floor(this.year);
    this.head.style.left = `${this.scale.place(this.year) * 100}%`;
    this.readout.textContent = yearLabel(whole);
    const now = this.epochsAt(whole);
    this.epochLine.textContent = now.map(({ epoch, how }) => (how === "certain" ? epoch.title : `${epoch.title}?`)).join(" · ");
    for (const { epoch, element } of this.bands) {
      element.classList.toggle("is-now", now.some((one) => one.epoch === epoch));
    }
    this.track.setAttribute("aria-valuenow", String(whole));
    this.track.setAttribute("aria-valuetext", [yearLabel(whole), this.epochLine.textContent].filter(Boolean).join(", "));
  }

  /** Titles of the epochs of the moment shown. */
  get epochs(): string {
    return this.epochLine.textContent ?? "";
  }

  /** How many things stand at the moment, surely and perhaps. */
  count(certain: number, possible: number): void {
    const all = certain + possible;
    this.standing.replaceChildren(
      h("span", { class: "meter", "aria-hidden": "true" }, this.meter),
      counted(certain, possible),
    );
    this.meter.style.width = `${all === 0 ? 0 : (100 * certain) / all}%`;
  }

  stop(): void {
    if (this.playing) this.toggle();
  }

  /** To the middle of the epoch after (1) or before (-1) this one. */
  stepEpoch(step: 1 | -1): void {
    const middles = this.all
      .map((epoch) => Math.floor(this.middle(epoch.existence)))
      .sort((a, b) => a - b);
    const here = Math.floor(this.year);
    const goal = step > 0 ? middles.find((year) => year > here) : middles.findLast((year) => year < here);
    this.move(goal ?? (step > 0 ? this.scale.last : this.scale.first), true);
  }

  private middle(span: Span): number {
    const from = this.scale.place(span.startLatestYear ?? span.startEarliestYear ?? this.scale.first);
    const to = this.scale.place(span.endEarliestYear ?? span.endLatestYear ?? this.scale.last);
    return this.scale.year((from + to) / 2);
  }

  private epochsAt(year: number): { epoch: Epoch; how: "possible" | "certain" }[] {
    const result: { epoch: Epoch; how: "possible" | "certain" }[] = [];
    for (const epoch of this.all) {
      const how = stands(epoch.existence, year);
      if (how !== "no") result.push({ epoch, how });
    }
    const certain = result.filter((one) => one.how === "certain");
    return certain.length > 0 ? certain : result;
  }

  /** To a year, as if it was dragged there. */
  turn(year: number, settled: boolean): void {
    this.stop();
    this.move(year, settled);
  }

  get shownYear(): number {
    return this.year;
  }

  private move(year: number, settled: boolean): void {
    this.show(year);
    this.handlers.moved(this.year, settled);
  }

  /** Bands on as few rows as their certain years need. */
  private layBands(row: HTMLElement): void {
    const rows: number[] = [];
    const placed = this.all
      .map((epoch) => ({ epoch, edges: this.edges(epoch.existence) }))
      .sort((a, b) => a.edges[0] - b.edges[0]);
    for (const { epoch, edges } of placed) {
      const [from, full, fading, to] = edges;
      const begins = Math.min(full, fading);
      let lane = rows.findIndex((end) => begins >= end - 0.012);
      if (lane < 0) lane = rows.push(0) - 1;
      rows[lane] = Math.max(full, fading);
      const width = Math.max(to - from, 0.002);
      const at = (place: number): string => `${(((place - from) / width) * 100).toFixed(2)}%`;
      const colour = /^#[0-9a-f]{6}$/i.test(epoch.colour) ? epoch.colour : "#8a8378";
      const element = h(
        "div",
        { class: "time-band", title: `${epoch.title} · ${epoch.existence.label}` },
        h("span", { class: "time-band-title" }, epoch.title),
      );
      element.style.left = `${from * 100}%`;
      element.style.width = `${width * 100}%`;
      element.style.setProperty("--lane", String(lane));
      element.style.setProperty("--band", colour);
      // Never certain: the bounds cross, and it is at its likeliest, but pale, between them.
      const [a, b, peak] = full <= fading ? [full, fading, ""] : [fading, full, "80"];
      element.style.background =
        `linear-gradient(90deg, ${colour}00, ${colour}${peak} ${at(a)}, ${colour}${peak} ${at(b)}, ${colour}00)`;
      // The title begins where the band is half there.
      const begin = (from + a) / 2;
      element.style.setProperty("--title-from", at(begin));
      element.style.setProperty("--title-width", `${(((b + to) / 2 - begin) / width) * 100}%`);
      row.append(element);
      this.bands.push({ epoch, element });
    }
    row.style.setProperty("--lanes", String(Math.max(1, rows.length)));
  }

  /** Where an interval begins to be possible, becomes certain, stops being certain, stops being possible: 0 to 1. */
  private edges(span: Span): [number, number, number, number] {
    const { first, last } = this.scale;
    // "c. 620 BC" names one year and means some years: its edge is softened by a little, where nothing wider is known.
    const [start, end] = span.text.split("/").map((date) => (/[~?%]/.test(date) ? CIRCA : 0));
    const place = (year: number, softer = 0): number => Math.max(0, Math.min(1, this.scale.place(year) + softer));
    return [
      place(span.startEarliestYear ?? first, -(start ?? 0)),
      place(span.startLatestYear ?? span.startEarliestYear ?? first, start),
      place(span.endEarliestYear === null ? last : span.endEarliestYear + 1, -(end ?? start ?? 0)),
      place(span.endLatestYear === null ? last : span.endLatestYear + 1, end ?? start),
    ];
  }

  /** Marks where something begins or ends; as wide and as pale as it is unsure. */
  private layChanges(row: HTMLElement, things: readonly Span[]): void {
    const marks = new Map<string, [number, number]>();
    for (const span of things) {
      for (const [early, late] of [
        [span.startEarliestYear, span.startLatestYear],
        [span.endEarliestYear, span.endLatestYear],
      ] as const) {
        if (early !== null && late !== null) marks.set(`${early}/${late}`, [early, late]);
      }
    }
    for (const [early, late] of marks.values()) {
      const from = this.scale.place(early);
      const to = this.scale.place(late + 1);
      const mark = h("span", { class: "time-change" });
      mark.style.left = `${from * 100}%`;
      mark.style.width = `${Math.max(0, to - from) * 100}%`;
      mark.classList.toggle("is-fuzzy", late > early);
      row.append(mark);
    }
  }

  private layAxis(axis: HTMLElement): void {
    const gap = 76 / Math.max(axis.clientWidth, 200);
    axis.replaceChildren(
      ...this.scale.ticks(gap).map(({ year, place }) => {
        const tick = h("span", { class: "time-tick" }, yearLabel(year));
        tick.style.left = `${place * 100}%`;
        return tick;
      }),
    );
  }

  private listen(): void {
    const { track } = this;
    let pointer: number | null = null;
    const yearAt = (event: PointerEvent): number => {
      const box = track.getBoundingClientRect();
      return this.scale.year((event.clientX - box.left) / box.width);
    };
    track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.stop();
      pointer = event.pointerId;
      track.setPointerCapture(pointer);
      track.classList.add("is-held");
      this.move(yearAt(event), false);
    });
    track.addEventListener("pointermove", (event) => {
      if (event.pointerId === pointer) this.move(yearAt(event), false);
    });
    const release = (event: PointerEvent): void => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      track.classList.remove("is-held");
      this.handlers.moved(this.year, true);
    };
    track.addEventListener("pointerup", release);
    track.addEventListener("pointercancel", release);
    track.addEventListener("keydown", (event) => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    const place = this.scale.place(this.year);
    const year = Math.floor(this.year);
    const by = (step: number): number => {
      const goal = this.scale.year(Math.max(0, Math.min(1, place + step)));
      return step > 0 ? Math.max(goal, year + 1) : Math.min(goal, year - 1);
    };
    const moves: Record<string, () => void> = {
      ArrowRight: () => this.move(event.shiftKey ? year + 1 : by(1 / 200), true),
      ArrowUp: () => this.move(by(1 / 200), true),
      ArrowLeft: () => this.move(event.shiftKey ? year - 1 : by(-1 / 200), true),
      ArrowDown: () => this.move(by(-1 / 200), true),
      PageUp: () => this.stepEpoch(1),
      PageDown: () => this.stepEpoch(-1),
      Home: () => this.move(this.scale.first, true),
      End: () => this.move(this.scale.last, true),
      " ": () => this.toggle(),
    };
    const act = moves[event.key];
    if (!act) return;
    event.preventDefault();
    if (event.key !== " ") this.stop();
    act();
  }

  private toggle(): void {
    this.playing = !this.playing;
    const label = say(this.playing ? "pause" : "play_time");
    this.playButton.replaceChildren(icon(this.playing ? "pause" : "play"), h("span", { class: "button-word" }, label));
    this.playButton.title = label;
    if (!this.playing) {
      this.handlers.moved(this.year, true);
      return;
    }
    if (this.scale.place(this.year) > 0.995) this.show(this.scale.first);
    this.lastFrame = performance.now();
    if (this.reducedMotion()) this.playSteps();
    else requestAnimationFrame((time) => this.playFrame(time));
  }

  private playFrame(time: number): void {
    if (!this.playing) return;
    const delta = Math.min(100, Math.max(0, time - this.lastFrame)) / 1000;
    this.lastFrame = time;
    const place = this.scale.place(this.year) + delta / PLAY_S;
    if (place >= 1) {
      this.move(this.scale.last, true);
      this.toggle();
      return;
    }
    // The year is kept with its fraction, or slow stretches would never leave their first year.
    this.move(this.scale.year(place), false);
    requestAnimationFrame((next) => this.playFrame(next));
  }

  /** Without motion: epoch by epoch. */
  private playSteps(): void {
    if (!this.playing) return;
    this.stepEpoch(1);
    if (this.year >= this.scale.last) this.toggle();
    else window.setTimeout(() => this.playSteps(), 4000);
  }
}

/** "5 things are here, 2 of them possibly". */
function counted(certain: number, possible: number): string {
  const all = certain + possible;
  if (all === 0) return say("things_none");
  const things = many("things", all);
  if (possible === 0) return many("count_sure", all, { things });
  return possible === all ? say("count_possibly", { things }) : say("count_some", { things, possible });
}
