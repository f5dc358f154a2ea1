/**
 * The visitor's page: an exhibition's scene in space and time. Joins stage, stream, time bar and words; each of them knows
 * nothing of the others.
 */

import * as THREE from "three";
import type { Annotation, Exhibition, Point } from "../data/exhibition";
import { loadEvents } from "../data/thing";
import { Headset } from "../headset/headset";
import type { HeadsetHandlers } from "../headset/headset";
import { Together, readInvitation } from "../room/together";
import { Caption } from "../scene/caption";
import { askedBudget, budgetShare, deviceBudget, deviceProfile } from "../scene/device";
import { Exhibit } from "../scene/exhibit";
import { Feed } from "../scene/feed";
import { Flights } from "../scene/flights";
import { Highlight } from "../scene/highlight";
import { Melt } from "../scene/melt";
import { Movement } from "../scene/movement";
import type { Manner } from "../scene/movement";
import { hitAt, listenToClicks } from "../scene/pick";
import { Pins } from "../scene/pins";
import { siteBounds } from "../scene/site";
import type { Quality } from "../scene/quality";
import { Stage } from "../scene/stage";
import type { TileStore } from "../scene/tiles";
import { Watch } from "../scene/watch";
import type { Opening } from "../stream/opening";
import type { Budget, Seek, SessionEvent, State } from "../stream/session";
import type { StreamSocket } from "../stream/socket";
import { seekerOver } from "../stream/seeking";
import type { Link } from "../stream/socket";
import type { Stats } from "../stream/texts";
import { TimeBar } from "../time/bar";
import type { TimeScale } from "../time/scale";
import type { Seeker } from "../time/seeker";
import { edtfYear, momentLabel, yearEdtf } from "../time/years";
import { AddressKeeper, readAddress, writeAddress } from "../ui/address";
import { ConnectionLine } from "../ui/connection";
import { h, replace } from "../ui/dom";
import { wayBack } from "../ui/embedded";
import { Entrance } from "../ui/entrance";
import { mark } from "../ui/marks";
import { thumbPad } from "../ui/pad";
import { Side } from "../ui/side";
import { Tools } from "../ui/tools";
import { TourCard } from "../ui/tour";
import { many, say } from "../ui/words";
import type { Stream } from "./ahead";
import { expose } from "./inspect";
import type { Files } from "../workers/files";
import { Study } from "./study";

export { WebGLMissing } from "../scene/stage";

const reducedMotion = (): boolean => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const query = new URLSearchParams(location.search);

export class Visit {
  private readonly canvas = h("canvas", {
    class: "view",
    tabindex: "0",
    role: "img",
    "aria-label": say("scene_picture"),
  });
  readonly stage: Stage;
  readonly movement: Movement;
  readonly headset: Headset;
  readonly together: Together;
  private readonly scene;
  private readonly feed: Feed;
  private readonly flights: Flights;
  private readonly highlight: Highlight;
  private readonly caption: Caption;
  private readonly pins: Pins;
  private readonly bar: TimeBar;
  private readonly tour: TourCard;
  private readonly seeker: Seeker<Seek>;
  private readonly watch: Watch;
  private readonly melt: Melt;
  private readonly side: Side;
  private readonly entrance: Entrance;
  readonly study: Study;
  private readonly tools: Tools;
  private readonly connection = new ConnectionLine();
  private readonly keeper = new AddressKeeper(() => this.writeAddress());
  private readonly announcer = h("p", { class: "sr-only", role: "status", "aria-live": "polite" });
  wanted: Seek;
  state: State | null = null;
  serverStats: Stats | null = null;
  private opened = false;
  private shadedAt = -Infinity;

  constructor(
    private readonly main: Element,
    private readonly exhibition: Exhibition,
    readonly quality: Quality,
    files: Files,
    { socket, relay }: Stream,
  ) {
    const scene = (this.scene = exhibition.scene);
    const address = readAddress();
    const placements = new Map(scene.placements.map((placement) => [placement.id, placement]));
    this.wanted = {
      at: address.at ?? scene.defaultMoment,
      hypothesis: address.hypothesis ?? scene.defaultHypothesis?.id ?? null,
      certainty: address.certainty ?? "possible",
    };

    // The canvas must be in the page before it is measured.
    replace(main, this.canvas);
    this.stage = new Stage(this.canvas, { capture: query.has("capture"), quality });
    this.melt = new Melt(this.stage);
    this.feed = new Feed(this.stage, quality === "full" ? 8 : 1, files, socket, relay, {
      opening: () => this.opening(),
      link: (link) => this.linkChanged(link),
      beforeMoment: () => this.dissolve(),
      shown: () => this.shown(),
      heard: (event) => this.heard(event),
    });
    this.stage.scene.add(this.exhibit.root);
    this.movement = new Movement(this.stage, this.exhibit.root, {
      reducedMotion,
      manner: (manner) => this.mannerChanged(manner),
      epoch: (step) => this.bar.stepEpoch(step),
    });
    this.flights = new Flights(this.stage, this.movement, this.exhibit, placements);
    this.headset = new Headset(this.stage, this.movement, this.exhibit.root, {
      began: () => this.enteredHeadset(true),
      ended: () => this.enteredHeadset(false),
      visible: (visible) => (visible ? this.socket.start() : this.socket.pause()),
      epoch: (step) => this.bar.stepEpoch(step),
      turn: (year, settled) => this.bar.turn(year, settled),
      dial: () => this.dial(),
      named: (id) => {
        const placement = placements.get(id);
        return placement ? [placement.title, placement.existence.label] : null;
      },
      follow: () => this.together.turnFollowing(),
      guide: () => this.together.guideHead,
    });
    this.entrance = new Entrance(this.headset);
    this.caption = new Caption(this.stage);
    this.highlight = new Highlight(this.stage, this.exhibit);
    this.pins = new Pins(this.stage, this.exhibit.root, scene.annotations);
    this.bar = new TimeBar(
      scene.epochs,
      scene.placements.map((placement) => placement.existence),
      new Date().getFullYear(),
      { moved: (year, settled) => this.timeMoved(year, settled) },
      reducedMotion,
    );
    this.study = new Study(this.stage, this.exhibit, placements, quality === "full" ? 8 : 1, query, this);
    this.side = new Side(exhibition, placements, this);
    this.tools = new Tools(scene, [this.entrance.button, this.entrance.table], {
      walk: () => this.walkOrCircle(),
      panel: (kind) => this.side.toggle(kind),
      tour: () => this.tour.toggle(),
      together: () => this.together.panel.toggle(),
    });
    this.tour = new TourCard(scene.tours, (step) => this.tourStep(step.viewpoint, step.moment, step.hypothesis?.id ?? null), () => this.saveAddress());
    this.seeker = seekerOver(this.socket);
    this.watch = new Watch(this.stage, this.headset, (view) => {
      this.study.look(view);
      return this.socket.look(view) > 0;
    });
    this.together = new Together(readInvitation(), this.stage, this.movement, this.headset, this.exhibit.root, reducedMotion, {
      send: (message) => this.socket.say(message),
      moment: () => this.wanted,
      step: () => this.tour.current,
      show: (moment) => this.want(moment),
      showStep: (step) => this.tour.follow(step),
    });

    this.furnish();
    const home = this.flights.framed(scene.viewpoint);
    const reach = home.position.distanceTo(home.target) * 1.6;
    const bounds = siteBounds(scene.placements);
    this.stage.setReach(Math.max(reach, Math.min(bounds, 400), 4), bounds);
    this.movement.reach = Math.max(reach, 4);
    this.headset.feet.showOnTable(home.target.clone(), Math.max(4, Math.min(reach, bounds || reach)));
    this.movement.place(address.view ?? home);
    this.showMoment(this.wanted.at);
    const parts = new URLSearchParams(location.hash.slice(1));
    this.study.read(parts);
    this.side.read(parts);
    if (parts.get("manner") === "walk" && address.view) this.movement.walkHere();
    this.tour.read(parts);
  }

  /** `listed`: settles when the device has said what it keeps, or took too long. */
  async begin(listed: Promise<unknown>): Promise<void> {
    document.addEventListener("visibilitychange", () => {
      if (this.headset.presenting) return; // a session has a visibility of its own
      const hidden = document.visibilityState === "hidden";
      this.study.pause(hidden);
      if (hidden) this.socket.pause();
      else if (this.opened) this.socket.start();
    });
    window.addEventListener("online", () => this.socket.hurry());
    listenToClicks(this.canvas, (x, y) => this.clicked(x, y));
    this.canvas.addEventListener("dblclick", (event) => {
      if (this.study.stats.distance !== null || this.main.classList.contains("is-measuring")) return;
      // The first of the two clicks may have opened a panel.
      if (this.movement.jump(event.clientX, event.clientY)) this.side.close();
    });
    this.stage.onFrame(() => this.shade());
    this.stage.onLost((lost) => this.connection.showPicture(lost));
    // Who draws without a graphics card draws slowly at any detail.
    if (this.quality === "full") this.stage.onBudgetShare(() => this.study.budgetChanged());
    expose(this);
    await listed;
    this.feed.listen();
    this.watch.now(); // what was told before the picture was there is near to it, no more
    this.opened = true;
    void loadEvents(this.scene.id).then((events) => this.bar.events.show(events), () => undefined); // the bar says enough without
    if (document.visibilityState !== "hidden") this.socket.start();
  }

  // ── words round the picture ────────────────────────────────────────────────────────────────────────────────────────

  private furnish(): void {
    const { main, side, tools } = this;
    const title = h(
      "header",
      { class: "title" },
      wayBack(this.exhibition.slug),
      h("h1", {}, this.exhibition.title),
    );
    const pad = thumbPad((x, y) => this.movement.stick.set(x, y));
    const bar = this.bar.element;
    main.append(
      this.melt.element, this.study.curtain.element, this.study.ruler.label, this.pins.element, title, tools.element, this.entrance.why, side.element, this.tour.element, pad, this.connection.element, bar,
      this.together.panel.element, this.announcer,
    );
    if (this.together.invited) this.together.panel.toggle();
    new ResizeObserver(() => {
      const covered = main.clientHeight - bar.offsetTop;
      document.documentElement.style.setProperty("--covered", `${covered}px`);
      this.stage.setCovered(covered);
    }).observe(bar);
  }

  private mannerChanged(manner: Manner): void {
    this.tools.showWalking(manner === "walk");
    this.main.classList.toggle("is-walking", manner === "walk");
    this.saveAddress();
  }

  private walkOrCircle(): void {
    this.movement.change();
    this.canvas.focus({ preventScroll: true });
  }

  private enteredHeadset(inside: boolean): void {
    this.main.classList.toggle("is-in-headset", inside);
    this.entrance.show(inside);
    if (inside) this.study.compare("one"); // two eyes see one moment
    this.socket.budget(deviceBudget(query, inside));
    this.watch.now();
    if (!inside) {
      this.socket.start(); // it may have been paused when the headset was taken off
      this.stage.invalidate();
    }
  }

  private dial(): ReturnType<HeadsetHandlers["dial"]> {
    const { bar, state } = this;
    const title = state ? momentLabel(state) : "";
    return { scale: bar.scale, epochs: this.scene.epochs, year: bar.shownYear, title, epoch: bar.epochs, guide: this.together.guided };
  }

  private clicked(x: number, y: number): void {
    if (this.study.clicked(x, y)) return;
    this.pins.close();
    const hit = hitAt(this.stage, this.study.rootAt(x), x, y);
    const id = hit && Exhibit.placementOf(hit.object);
    if (id) this.side.openThing(id);
    else this.side.close();
  }

  // ── what the side panel and the closer look ask ───────────────────────────────────────────────────────────────────────────────────────

  get scale(): TimeScale {
    return this.bar.scale;
  }

  get tiles(): TileStore {
    return this.feed.tiles;
  }

  get exhibit(): Exhibit {
    return this.feed.exhibit;
  }

  get socket(): StreamSocket {
    return this.feed.socket;
  }

  get verifies(): boolean {
    return this.tiles.verifies;
  }

  notes(): readonly Annotation[] {
    return this.pins.standing;
  }

  studyPanel(): DocumentFragment {
    return this.study.panel();
  }

  studied(): void {
    this.side.studied();
    this.saveAddress();
  }

  opening(): Opening {
    return {
      scene: this.scene.id,
      seek: this.wanted,
      view: this.watch.opening(),
      profile: deviceProfile(this.headset.presenting),
      budget: this.study.share === 1 ? askedBudget(query) : budgetShare(deviceBudget(query, this.headset.presenting), this.study.share),
      stats: query.has("stats"),
    };
  }

  budget(budget: Budget): void {
    this.socket.budget(budget);
  }

  target(): THREE.Vector3 {
    return this.movement.target;
  }

  fly(id: string): void {
    this.flights.toThing(id);
  }

  showNote(id: string): void {
    const note = this.scene.annotations.find((annotation) => annotation.id === id);
    if (!note) return;
    this.side.close();
    void this.flights.toNote(note.position).then(() => this.pins.showById(id));
  }

  selected(id: string | null): void {
    this.highlight.show(id);
  }

  changed(open: boolean): void {
    this.main.classList.toggle("has-side", open);
    this.saveAddress();
  }

  // ── moments ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private timeMoved(year: number, settled: boolean): void {
    this.together.wander();
    this.want({ at: yearEdtf(year) }, false);
    this.pins.at(Math.floor(year));
    if (settled) this.saveAddress();
  }

  want(change: Partial<Seek>, show = true): void {
    this.wanted = { ...this.wanted, ...change };
    if (show) {
      this.bar.stop();
      this.showMoment(this.wanted.at);
      this.saveAddress();
    }
    this.main.classList.add("is-waiting");
    if (change.hypothesis !== undefined || change.certainty !== undefined) this.study.wanted();
    this.seeker.want(this.wanted);
  }

  private showMoment(at: string): void {
    const year = edtfYear(at) ?? 0;
    this.bar.show(year);
    this.pins.at(year);
  }

  private stateCame(state: State): void {
    this.state = state;
    this.seeker.answered(state.seek);
    const { certain, possible } = state.count;
    this.bar.count(certain, possible);
    this.say(say("moment_said", { moment: momentLabel(state), things: many("things", certain + possible) }));
    this.caption.say(momentLabel(state), this.bar.epochs);
    this.study.named();
    this.side.refresh();
  }

  private shown(): void {
    // While tiles pour in, shadows follow at a distance: each is the scene drawn once more.
    const now = performance.now();
    const { complete } = this.exhibit.shown;
    if (complete || now - this.shadedAt > 500) {
      this.shadedAt = now;
      this.stage.renderer.shadowMap.needsUpdate = true;
    }
    if (complete) this.stage.invalidate();
    else this.stage.invalidateByAndBy();
    this.study.shown();
    this.highlight.refresh();
    this.main.classList.toggle("is-waiting", !complete);
  }

  private dissolve(): void {
    if (!reducedMotion() && !this.headset.presenting) this.melt.begin();
  }

  private tourStep(viewpoint: Point, moment: string, hypothesis: string | null): void {
    this.side.close();
    this.pins.close();
    this.want({ at: moment, hypothesis: hypothesis ?? this.wanted.hypothesis });
    void this.movement.fly(this.flights.framed(viewpoint));
  }

  // ── connection, light, address ─────────────────────────────────────────────────────────────────────────────────────

  private heard(event: SessionEvent): void {
    switch (event.type) {
      case "state":
        this.stateCame(event.state);
        break;
      case "placements":
        // The rest of what stands comes by and by; lists of it are made anew once, when all of it is known.
        if (this.state && this.state.placements.size === this.state.count.certain + this.state.count.possible) {
          this.side.refresh();
        }
        break;
      case "error":
        if (event.seek === null && this.together.attendance.refused(event.message)) break;
        if (event.seek !== null) this.seeker.answered(event.seek);
        this.say(event.message);
        break;
      case "hello":
        this.together.greeted();
        break;
      case "stats":
        this.serverStats = event;
        break;
      case "room":
        this.together.hear(event.message);
        break;
      case "peers":
        this.together.hearPeers(event.peers);
        break;
    }
  }

  private linkChanged(link: Link): void {
    if (link.state === "connecting") this.seeker.reset();
    if (link.state !== "open") this.together.lost();
    if (link.state === "open" && link.resumed) {
      // What was asked last may have been lost with the connection.
      this.watch.now();
      this.seeker.want(this.wanted);
    }
    this.connection.show(link);
  }

  private shade(): void {
    if (this.exhibit.shown.tiles > 0) mark("geometry");
    const target = this.movement.target;
    const distance = this.stage.camera.position.distanceTo(target);
    this.stage.shade(target, THREE.MathUtils.clamp(distance * 1.1, 12, 140));
    this.saveAddress();
  }

  private saveAddress(): void {
    this.keeper.save();
  }

  private writeAddress(): void {
    if (this.headset.presenting) return;
    writeAddress(this.wanted, { position: this.stage.camera.position, target: this.movement.target }, (parts) => {
      if (this.movement.manner === "walk") parts.set("manner", "walk");
      this.study.write(parts);
      this.side.write(parts);
      this.tour.write(parts);
    });
  }

  address(): string {
    this.writeAddress();
    const address = new URL(location.href);
    address.searchParams.delete("room"); // to be invited is another thing
    return address.href;
  }

  say(words: string): void {
    this.announcer.textContent = words;
  }
}
