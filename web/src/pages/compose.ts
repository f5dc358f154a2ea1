/** The page on which a scene is composed: joins the stage, the tracks, the words and the journal. Loaded by the studio. */

import * as THREE from "three";
import "../styles/exhibition.css";
import "../styles/compose.css";
import { alignment } from "../compose/align";
import type { Triangle } from "../compose/align";
import { NOTHING_SAID, loadChronology } from "../compose/chronology";
import { Readings, Relations } from "../compose/relations";
import { boundsOf, textOf } from "../compose/bounds";
import type { Bounds } from "../compose/bounds";
import { Inspector } from "../compose/inspector";
import { Journal } from "../compose/journal";
import type { Edit, Step } from "../compose/journal";
import { Side } from "../compose/side";
import { Stagehand } from "../compose/stagehand";
import type { Grip } from "../compose/stagehand";
import { Tracks } from "../compose/tracks";
import { Writer, isOffline, loadStock, loadWorkshop } from "../compose/workshop";
import type { Thing, Workshop } from "../compose/workshop";
import type { Span } from "../data/exhibition";
import { subscribe } from "../data/graphql";
import { toView } from "../scene/flights";
import { suitableQuality } from "../scene/quality";
import { Stories } from "../stories/stories";
import { Relay } from "../stream/relay";
import { seekerOver } from "../stream/seeking";
import type { Seek } from "../stream/session";
import { StreamSocket } from "../stream/socket";
import { many, say } from "../studio/language";
import { words } from "../studio/words";
import { TimeBar } from "../time/bar";
import { TimeScale } from "../time/scale";
import type { Seeker } from "../time/seeker";
import { edtfYear, yearEdtf } from "../time/years";
import { button, h, replace } from "../ui/dom";
import { Files } from "../workers/files";

const KEPT = "chronotope.edits:";
const POINTS = 3;
const GRIP_KEYS: Readonly<Record<string, Grip>> = { g: "translate", r: "rotate", s: "scale" };

/** Opens a scene in `main`; answers whether there is one. */
export async function compose(main: Element, id: string): Promise<boolean> {
  const workshop = await loadWorkshop(id);
  if (!workshop) return false;
  new Composer(main, workshop);
  return true;
}

class Composer {
  private readonly canvas = h("canvas", { class: "view", tabindex: "0", role: "img", "aria-label": say("stage_picture") });
  private readonly saved = h("p", { class: "saved", role: "status" });
  private readonly trouble = h("div", { class: "trouble panel", role: "alert", hidden: true });
  private readonly hint = h("p", { class: "hint panel", role: "status", hidden: true });
  private readonly undoButton = button("undo", say("undo"), () => this.takeBack(), { class: "button-round" });
  private readonly redoButton = button("redo", say("redo"), () => this.doAgain(), { class: "button-round" });
  private readonly grips = h("div", { class: "grips", role: "group", "aria-label": say("grips") });
  private readonly snap = h("input", { type: "checkbox", id: "snap" });
  private readonly stock = h("select", { "aria-label": say("thing_to_place") });
  private readonly time = h("div", { class: "compose-time" });
  private bar!: TimeBar;
  private tracks!: Tracks;
  private readonly inspector: Inspector;
  private readonly stories: Stories;
  private readonly relations: Relations;
  private readonly readings: Readings;
  private chronology = NOTHING_SAID;
  private readonly side: Side;
  private readonly hand: Stagehand;
  private readonly socket: StreamSocket;
  private readonly writer = new Writer();
  private readonly journal: Journal;
  private readonly seeker: Seeker<Seek>;
  private wanted: Seek;
  private chosen: string | null = null;
  private grip: Grip = "translate";
  private points: THREE.Vector3[] | null = null;
  /** who waits for a place to be pointed at */
  private pointing: ((at: [number, number, number], thing: string | null) => void) | null = null;
  private made = 0;
  private readonly opened = Date.now();
  private reading: number | undefined;

  constructor(main: Element, private workshop: Workshop) {
    const { id, things } = workshop;
    document.title = `${workshop.title} · ${say("place_studio")}`;
    this.wanted = { at: workshop.defaultMoment, hypothesis: workshop.defaultHypothesis?.id ?? null, certainty: "possible" };
    this.writer.read(things);
    this.layTime();
    this.inspector = new Inspector({
      edit: (label, forth, back) => this.edit(label, forth, back),
      duplicate: () => this.duplicate(),
      remove: () => this.remove(),
      drop: () => this.drop(),
      align: () => this.startAligning(),
    });
    this.stories = this.tellingOf(id);
    this.relations = new Relations(id, () => void this.readSoon());
    this.readings = new Readings(id, { look: (reading) => this.look(reading), changed: () => this.readSoon() });
    this.side = new Side({ thing: h("div", {}, this.inspector.element, this.relations.element, this.readings.element), stories: this.stories.element }, (tab) => this.time.classList.toggle("is-telling", tab === "stories"));
    this.journal = new Journal(
      {
        send: async (step) => {
          await this.writer.send(step);
          if (this.journal.state.waiting <= 1) this.readSoon();
        },
        changed: () => this.showJournal(),
        keep: (waiting) => keepWaiting(id, waiting),
        later: (ms, run) => window.setTimeout(run, ms),
        isOffline,
      },
      waitingOf(id),
    );
    this.furnish(main);
    const files = new Files();
    const view = workshop.viewpoint;
    const reach = new THREE.Vector3(...view.position).distanceTo(new THREE.Vector3(...view.target)) * 1.6;
    const relay = new Relay({ opening: early, held: () => [] });
    this.socket = new StreamSocket(location.href, relay);
    this.seeker = seekerOver(this.socket);
    this.hand = new Stagehand(this.canvas, { id, viewpoint: view, reach }, suitableQuality(new URLSearchParams(location.search)), files, this.socket, relay, {
      link: (link) => {
        if (link.state === "connecting") this.seeker.reset();
      },
      heard: (event) => {
        if (event.type === "state") {
          this.seeker.answered(event.state.seek);
          this.bar.count(event.state.count.certain, event.state.count.possible);
        }
      },
      seek: () => this.wanted,
      picked: (thing, at) => this.picked(thing, at),
      moved: (thing, transform) => this.moved(thing, transform),
    });
    this.hand.hold(this.grip, false);
    this.show();
    this.showJournal();
    void loadChronology(id).then((chronology) => {
      this.chronology = chronology;
      this.show();
    }, () => undefined); // it is read again with every change
    void files.open(id, false, 0).then(() => this.hand.begin());
    void loadStock().then((stock) => replace(this.stock, h("option", { value: "" }, say("place_thing")), ...stock.map((one) => h("option", { value: one.id }, one.title))));
    subscribe<{ sceneChanged: { author: string } }>(
      "subscription Changes($id: ID!) { sceneChanged(id: $id) { author } }",
      { id },
      () => this.readSoon(),
      () => undefined, // the journal says when the museum cannot be reached
    );
    Object.defineProperty(window, "studio", { value: this.inspected(), configurable: true });
  }

  // ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private furnish(main: Element): void {
    const names: [Grip, string, string][] = [["translate", "target", say("grip_move")], ["rotate", "orbit", say("grip_turn")], ["scale", "table", say("grip_size")]];
    this.grips.append(
      ...names.map(([grip, sign, name]) => button(sign, name, () => this.hold(grip), { "data-grip": grip, "aria-pressed": String(grip === this.grip) })),
      h("label", { class: "snap", for: "snap" }, this.snap, say("by_steps")),
    );
    this.snap.addEventListener("change", () => this.hand.hold(this.grip, this.snap.checked));
    this.stock.addEventListener("change", () => {
      if (this.stock.value) this.place(this.stock.value, this.stock.selectedOptions[0]?.textContent ?? "");
      this.stock.value = "";
    });
    const head = h(
      "header",
      { class: "compose-head" },
      h("a", { class: "title-back", href: "/studio" }, say("place_studio")),
      h("h1", {}, this.workshop.title),
      this.saved,
      this.undoButton,
      this.redoButton,
      this.stock,
    );
    replace(main, h("div", { class: "compose" }, head, h("div", { class: "compose-stage" }, this.canvas, this.grips, this.hint, this.trouble), this.side.element, this.time));
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.journal.state.waiting > 0) event.preventDefault(); // it is kept here, but not yet in the museum
    });
  }

  /** Bar and tracks over all the years that matter: a scene that was just begun has few, and gets more. */
  private layTime(): void {
    const { epochs, things } = this.workshop;
    const marks: readonly { existence: Span }[] = epochs.length > 0 ? epochs : things; // as the bar does
    const [spans, present] = [marks.map(({ existence }) => existence), new Date().getFullYear()];
    const scale = TimeScale.over(spans, present);
    if (this.bar && this.bar.scale.first === scale.first && this.bar.scale.last === scale.last) return;
    this.bar = new TimeBar(epochs, spans, present, { moved: (year) => this.at(year) }, () => true);
    this.tracks = new Tracks(this.bar.scale, { choose: (chosen) => this.choose(chosen), dated: (thing, bounds) => this.dated(thing, bounds) });
    replace(this.time, this.bar.element, this.tracks.element);
    const wanted = edtfYear(this.wanted.at) ?? 0;
    // Where nothing stood any more or yet, nothing would be seen of what is being dated.
    const outside = things.length > 0 && (wanted < scale.first || wanted > scale.last);
    const year = outside ? Math.floor(scale.year(0.5)) : wanted;
    this.bar.show(year);
    if (outside) this.at(year);
    else this.tracks.at(this.bar.scale.place(year));
  }

  private key(event: KeyboardEvent): void {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (event.shiftKey) this.doAgain();
      else this.takeBack();
    } else if (event.key === "Escape") {
      this.stopAligning();
      this.pointing = null;
      this.choose(null);
    } else if (event.key === "Delete" && this.chosen !== null) this.remove();
    else if (!command && GRIP_KEYS[event.key]) this.hold(GRIP_KEYS[event.key]!);
  }

  private show(): void {
    const { workshop, chosen } = this;
    this.tracks.show(workshop.things, chosen, this.chronology);
    this.inspector.show(this.thing(chosen), workshop);
    this.relations.show(this.thing(chosen), workshop, this.chronology);
    this.readings.show(workshop, this.wanted.hypothesis);
  }

  private showJournal(): void {
    const { waiting, refused, trouble, offline, undo, redo } = this.journal.state;
    this.saved.textContent = offline ? many("edits_kept", waiting) : say(waiting > 0 ? "saving" : refused > 0 ? "not_saved" : "all_saved");
    this.saved.classList.toggle("is-waiting", waiting > 0 || refused > 0);
    this.undoButton.disabled = undo === null;
    this.undoButton.title = undo === null ? say("undo") : say("undo_what", { what: undo });
    this.redoButton.disabled = redo === null;
    this.redoButton.title = redo === null ? say("redo") : say("redo_what", { what: redo });
    this.trouble.hidden = refused === 0;
    if (refused > 0) {
      replace(
        this.trouble,
        h("p", {}, many("edits_refused", refused, { why: trouble })),
        h("p", { class: "quiet" }, say("edits_decide")),
        button("next", say("edits_insist"), () => this.journal.insist(), { class: "button-main" }),
        button("close", say("edits_leave"), () => {
          this.journal.giveUp();
          void this.readAgain();
        }),
      );
      void this.readAgain();
    }
  }

  private thing(id: string | null): Thing | null {
    return this.workshop.things.find((one) => one.id === id) ?? null;
  }

  private readSoon(): void {
    window.clearTimeout(this.reading);
    this.reading = window.setTimeout(() => void this.readAgain(), 150);
  }

  /** Somebody changed the scene, we among them: the records are read anew. What waits here is not overwritten. */
  private async readAgain(): Promise<void> {
    if (this.journal.state.waiting > 0) return; // once it is said, it is read
    try {
      const [read, chronology] = await Promise.all([loadWorkshop(this.workshop.id), loadChronology(this.workshop.id)]);
      if (!read || this.journal.state.waiting > 0) return;
      this.chronology = chronology;
      this.workshop = read;
      this.layTime();
      this.writer.read(read.things);
      for (const { id, transform } of read.things) this.hand.feed.exhibit.move(id, transform);
      this.chosen = this.chosen && this.writer.idOf(this.chosen);
      this.hand.choose(this.chosen, this.thing(this.chosen)?.transform ?? null);
      this.show();
      void this.stories.read();
    } catch (error) {
      this.saved.textContent = words(error);
    }
  }

  // ── choosing and moving ────────────────────────────────────────────────────────────────────────────────────────────

  private choose(id: string | null): void {
    this.chosen = id;
    this.hand.choose(id, this.thing(id)?.transform ?? null);
    this.show();
  }

  private hold(grip: Grip): void {
    this.grip = grip;
    this.hand.hold(grip, this.snap.checked);
    for (const one of this.grips.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset["grip"] === grip));
  }

  private picked(id: string | null, at: THREE.Vector3 | null): void {
    if (this.points) {
      if (at) this.pointed(at);
      return;
    }
    if (this.pointing) {
      if (!at) return;
      this.pointing(at.toArray(), id);
      this.pointing = null;
      return;
    }
    this.side.show("thing");
    this.choose(id);
  }

  private moved(id: string, transform: number[]): void {
    const thing = this.thing(id);
    if (!thing || thing.transform.every((value, i) => Math.abs(value - transform[i]!) < 1e-9)) return;
    this.edit(say("grip_move"), { transform }, { transform: thing.transform });
  }

  private drop(): void {
    const thing = this.thing(this.chosen);
    const gap = thing && this.hand.gapBelow(thing.id);
    if (!thing || gap === null) {
      this.say(say("nothing_under"));
      return;
    }
    const transform = thing.transform.map((value, i) => (i === 13 ? value - gap : value));
    this.edit(say("to_ground"), { transform }, { transform: thing.transform });
  }

  // ── telling ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private tellingOf(scene: string): Stories {
    return new Stories({
      scene,
      view: () => ({ position: this.hand.stage.camera.position.toArray(), target: this.hand.movement.target.toArray() }),
      moment: () => ({ at: this.wanted.at, hypothesis: this.wanted.hypothesis }),
      look: (view, moment) => {
        this.hand.movement.place(toView(view));
        const year = moment === null ? null : edtfYear(moment);
        if (year === null) return;
        this.bar.show(year);
        this.at(year);
      },
      point: (pointed) => {
        this.pointing = pointed;
        if (!pointed) return;
        this.stopAligning();
        this.canvas.focus();
      },
      middle: () => {
        const found = this.hand.middle();
        return found && { at: found.at.toArray(), thing: found.thing };
      },
      dateOf: (thing) => this.thing(thing)?.existence.text ?? "",
      mark: (at) => this.hand.mark(at ? [new THREE.Vector3(...at)] : []),
    });
  }

  // ── aligning ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private startAligning(): void {
    this.pointing = null;
    this.points = [];
    this.hand.choose(null, null);
    this.say(say("align_how"));
  }

  private stopAligning(): void {
    if (!this.points) return;
    this.points = null;
    this.hand.mark([]);
    this.say("");
    this.hand.choose(this.chosen, this.thing(this.chosen)?.transform ?? null);
  }

  private pointed(at: THREE.Vector3): void {
    const points = this.points!;
    points.push(at.clone());
    this.hand.mark(points);
    this.say(points.length < POINTS ? say("align_from", { n: points.length + 1 }) : say("align_to", { n: points.length - POINTS + 1 }));
    if (points.length < 2 * POINTS) return;
    const motion = alignment(points.slice(0, POINTS) as unknown as Triangle, points.slice(POINTS) as unknown as Triangle, false);
    const thing = this.thing(this.chosen);
    this.stopAligning();
    if (!motion || !thing) {
      this.say(say("align_line"));
      return;
    }
    const transform = motion.multiply(new THREE.Matrix4().fromArray(thing.transform)).toArray();
    this.edit(say("align"), { transform }, { transform: thing.transform });
  }

  private say(text: string): void {
    this.hint.textContent = text;
    this.hint.hidden = text === "";
  }

  // ── rival readings ─────────────────────────────────────────────────────────────────────────────────────────────────

  private look(reading: string | null): void {
    this.wanted = { ...this.wanted, hypothesis: reading };
    this.seeker.want(this.wanted);
    this.readings.show(this.workshop, reading);
  }

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  private at(year: number): void {
    this.wanted = { ...this.wanted, at: yearEdtf(year) };
    this.tracks.at(this.bar.scale.place(year));
    this.seeker.want(this.wanted);
  }

  private dated(id: string, bounds: Bounds): void {
    const thing = this.thing(id);
    if (!thing) return;
    const existence = textOf({ text: thing.existence.text, bounds: boundsOf(thing.existence) }, bounds);
    if (existence === thing.existence.text) return;
    const [startEarliestYear, startLatestYear, endEarliestYear, endLatestYear] = bounds;
    const before = thing.existence.text;
    Object.assign(thing.existence, { text: existence, startEarliestYear, startLatestYear, endEarliestYear, endLatestYear });
    this.journal.do(editOf(say("edit_date", { title: thing.title }), id, { existence }, { existence: before }));
  }

  // ── edits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Of the chosen thing; seen at once. */
  private edit(label: string, forth: Record<string, unknown>, back: Record<string, unknown>): void {
    const thing = this.thing(this.chosen);
    if (!thing) return;
    this.journal.do(editOf(`${label}: ${thing.title}`, thing.id, forth, back));
    this.apply(thing.id, forth);
  }

  private apply(id: string, fields: Readonly<Record<string, unknown>>): void {
    const thing = this.thing(this.writer.idOf(id));
    if (!thing) return;
    if (Array.isArray(fields["transform"])) {
      thing.transform = fields["transform"] as number[];
      this.hand.show(thing.id, thing.transform);
    }
    if (typeof fields["title"] === "string") thing.title = fields["title"];
    if (typeof fields["why"] === "string") thing.reason = fields["why"];
    if (typeof fields["reliability"] === "string") thing.reliability = fields["reliability"];
    this.show();
  }

  private takeBack(): void {
    const edit = this.journal.undo();
    if (edit?.back.kind === "edit") this.apply(edit.back.id, edit.back.fields);
  }

  private doAgain(): void {
    const edit = this.journal.redo();
    if (edit?.forth.kind === "edit") this.apply(edit.forth.id, edit.forth.fields);
  }

  private place(asset: string, title: string): void {
    const layer = this.workshop.layers[0]?.id;
    if (!layer) {
      this.say(say("no_layer"));
      return;
    }
    const at = this.hand.movement.target;
    const transform = new THREE.Matrix4().makeTranslation(at).toArray();
    // Undated, until somebody says better: it may have stood at any moment, so it is seen at this one.
    this.create(say("edit_place", { title }), { layer, asset, transform, existence: "", title: "" });
  }

  private duplicate(): void {
    const thing = this.thing(this.chosen);
    if (!thing?.asset) return;
    const transform = thing.transform.map((value, i) => (i === 12 ? value + 1 : value));
    const { title, reliability, reason: why } = thing;
    this.create(say("edit_duplicate", { title }), {
      layer: thing.layer.id, asset: thing.asset.id, title, existence: thing.existence.text, transform, hypothesis: thing.hypothesis?.id ?? null, reliability, why,
    });
  }

  private create(label: string, fields: Record<string, unknown>): void {
    // Not a key of an earlier visit, whose edits may have waited on this device.
    const key = `new-${this.opened}-${++this.made}`;
    this.chosen = key;
    this.journal.do({ label, forth: { kind: "create", key, fields }, back: { kind: "remove", key } });
  }

  private remove(): void {
    const thing = this.thing(this.chosen);
    if (!thing) return;
    this.journal.do({ label: say("edit_remove", { title: thing.title }), forth: { kind: "remove", key: thing.id }, back: { kind: "create", key: thing.id, fields: {} } });
    this.choose(null);
  }

  private inspected(): object {
    const self = this;
    return {
      get journal() {
        return self.journal.state;
      },
      get things() {
        return self.workshop.things;
      },
      get chosen() {
        return self.chosen;
      },
      get shown() {
        return self.hand.feed.exhibit.shown;
      },
      stage: this.hand.stage,
      camera: () => this.hand.stage.camera.position.toArray(),
      boxOf: (id: string) => this.hand.feed.exhibit.boxOf(id),
    };
  }
}

/** The stage listens before the stream is opened. */
function early(): never {
  throw new Error("the stream was opened before its stage");
}

function editOf(label: string, id: string, forth: Record<string, unknown>, back: Record<string, unknown>): Edit {
  return { label, forth: { kind: "edit", id, fields: forth }, back: { kind: "edit", id, fields: back } };
}

/** Edits that the museum has not taken yet, from one visit to the next. */
function waitingOf(scene: string): Step[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT + scene) ?? "[]") as Step[];
  } catch {
    return []; // nothing is kept here
  }
}

function keepWaiting(scene: string, steps: readonly Step[]): void {
  try {
    if (steps.length === 0) localStorage.removeItem(KEPT + scene);
    else localStorage.setItem(KEPT + scene, JSON.stringify(steps));
  } catch {
    // then only this page has them, and it asks before it is closed
  }
}
