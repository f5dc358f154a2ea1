/**
 * The visitor's page: an exhibition's scene in space and time. Joins stage, stream, time bar and words; each of them knows
 * nothing of the others.
 */

import "../styles/base.css";
import "../styles/exhibition.css";
import "../styles/thing.css";
import "../styles/room.css";
import * as THREE from "three";
import { loadExhibition, loadPeople } from "../data/exhibition";
import type { Exhibition, Person, Placement, Point } from "../data/exhibition";
import { Things } from "../data/thing";
import { signedIn } from "../data/graphql";
import { Together, readInvitation } from "../room/together";
import { Caption } from "../scene/caption";
import { askedBudget, deviceBudget, deviceProfile } from "../scene/device";
import { Exhibit } from "../scene/exhibit";
import { Headset, readiness } from "../scene/headset";
import { Highlight } from "../scene/highlight";
import { Movement } from "../scene/movement";
import type { View } from "../scene/movement";
import { Pins } from "../scene/pins";
import { Stage, WebGLMissing, suitableQuality } from "../scene/stage";
import type { Quality } from "../scene/stage";
import { TileStore } from "../scene/tiles";
import { siteBounds } from "../scene/site";
import { Watch } from "../scene/watch";
import type { Certainty, Seek, StandingPlacement, State } from "../stream/session";
import { StreamSocket } from "../stream/socket";
import type { Link } from "../stream/socket";
import type { Stats } from "../stream/texts";
import { TimeBar } from "../time/bar";
import { Seeker } from "../time/seeker";
import { edtfYear, yearEdtf } from "../time/years";
import { button, h, replace } from "../ui/dom";
import { articlePanel, articlesPanel } from "../ui/articles";
import { aboutPanel, nowPanel } from "../ui/panels";
import { readingsPanel } from "../ui/readings";
import { thingPanel } from "../ui/thing";
import { TourCard } from "../ui/tour";
import { readAddress, writeAddress } from "../ui/address";

const reducedMotion = (): boolean => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const query = new URLSearchParams(location.search);
/** A disk that does not answer must not hold up the first picture; what it says later is told later. */
const LIST_PATIENCE_MS = 2000;

async function main(): Promise<void> {
  const main = document.querySelector("main")!;
  const slug = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
  let exhibition: Exhibition | null;
  // Nothing of what somebody sees who is signed in stays on the device: it may be nobody else's to see.
  const keeps = signedIn().then((known) => !known, () => false);
  try {
    exhibition = await loadExhibition(slug);
  } catch (error) {
    fail(main, "The exhibition could not be opened", error instanceof Error ? error.message : String(error));
    return;
  }
  if (!exhibition) {
    fail(main, "There is no such exhibition", "It may have been renamed, or is not open to the public.");
    return;
  }
  document.title = `${exhibition.title} · Chronotope`;
  try {
    void new ExhibitionPage(main, exhibition).begin(await keeps);
  } catch (error) {
    if (!(error instanceof WebGLMissing)) throw error;
    fail(main, "This browser cannot show the scene", error.message);
  }
}

function fail(main: Element, title: string, why: string): void {
  replace(main, h("div", { class: "notice panel", role: "alert" }, h("h1", {}, title), h("p", {}, why), h("a", { href: "/" }, "All exhibitions")));
}

class ExhibitionPage {
  private readonly scene;
  private readonly canvas = h("canvas", {
    class: "view",
    tabindex: "0",
    role: "img",
    "aria-label": "The scene in three dimensions. A list of what is here now is in the menu.",
  });
  private readonly quality: Quality;
  private readonly stage: Stage;
  private readonly tiles: TileStore;
  private readonly exhibit: Exhibit;
  private readonly movement: Movement;
  private readonly headset: Headset;
  private readonly highlight: Highlight;
  private readonly caption: Caption;
  private readonly pins: Pins;
  private readonly bar: TimeBar;
  private readonly tour: TourCard;
  private readonly socket: StreamSocket;
  private readonly seeker: Seeker<Seek>;
  private readonly watch: Watch;
  /** null where the address invites to no room */
  private readonly together: Together | null;
  private readonly placements: ReadonlyMap<string, Placement>;
  private readonly side = h("aside", { class: "side panel", hidden: true, tabindex: "-1" });
  private readonly sideBody = h("div", { class: "side-body" });
  private readonly link = h("p", { class: "link", role: "status" });
  private readonly veil = h("canvas", { class: "veil", "aria-hidden": "true" });
  private readonly announcer = h("p", { class: "sr-only", role: "status", "aria-live": "polite" });
  private sideKind = "";
  private selected: string | null = null;
  private readonly things = new Things();
  private persons: readonly Person[] = [];
  private personsAsked = false;
  private article: string | null = null;
  private wanted: Seek;
  private state: State | null = null;
  private serverStats: Stats | null = null;
  private everOpen = false;
  private opened = false;
  private restartTimer: number | undefined;
  private shadedAt = -Infinity;
  private addressTimer: number | undefined;

  constructor(
    private readonly main: Element,
    private readonly exhibition: Exhibition,
  ) {
    const scene = (this.scene = exhibition.scene);
    const address = readAddress();
    const invitation = readInvitation();
    this.placements = new Map(scene.placements.map((placement) => [placement.id, placement]));
    this.wanted = {
      at: address.at ?? scene.defaultMoment,
      hypothesis: address.hypothesis ?? scene.defaultHypothesis?.id ?? null,
      certainty: address.certainty ?? "possible",
    };

    // The canvas must be in the page before it is measured.
    replace(main, this.canvas, this.veil);
    const asked = query.get("quality");
    const quality = (this.quality = asked === "full" || asked === "plain" ? asked : suitableQuality());
    this.stage = new Stage(this.canvas, { capture: query.has("capture"), quality });
    this.tiles = new TileStore(this.stage.renderer, quality === "full" ? 8 : 1, {
      ready: (digest) => this.exhibit.ready(digest),
      lost: (digest) => this.lost(digest),
      found: (digests) => this.socket.have(digests),
    });
    this.exhibit = new Exhibit(
      this.tiles,
      () => this.dissolve(),
      () => this.shown(),
    );
    this.stage.scene.add(this.exhibit.root);
    this.movement = new Movement(this.stage, this.exhibit.root, reducedMotion);
    this.headset = new Headset(this.stage, this.movement, {
      began: () => this.enteredHeadset(true),
      ended: () => this.enteredHeadset(false),
      visible: (visible) => (visible ? this.socket.start() : this.socket.pause()),
      epoch: (step) => this.bar.stepEpoch(step),
    });
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
    this.tour = new TourCard(scene.tours, (step) => this.tourStep(step.viewpoint, step.moment, step.hypothesis?.id ?? null));
    this.socket = new StreamSocket(location.href, {
      opening: () => ({
        scene: scene.id,
        seek: this.wanted,
        view: this.watch.opening(),
        profile: deviceProfile(this.headset.presenting),
        budget: askedBudget(query),
        stats: query.has("stats"),
      }),
      held: () => this.tiles.held(),
      link: (link) => this.linkChanged(link),
      event: (event) => {
        switch (event.type) {
          case "chunk":
            this.tiles.add(event);
            break;
          case "held":
            this.tiles.keep(event);
            break;
          case "state":
            this.stateCame(event.state);
            break;
          case "cut":
            this.exhibit.setCut(event);
            break;
          case "evict":
            this.exhibit.forget(event.digests);
            this.tiles.evict(event.digests);
            // Out of memory, but still on this device: it need not be sent again.
            this.socket.have(event.digests.filter((digest) => this.tiles.files.kept.has(digest)));
            break;
          case "error":
            if (event.seek === null && this.together?.attendance.refused(event.message)) break;
            if (event.seek !== null) this.seeker.answered(event.seek);
            this.say(event.message);
            break;
          case "hello":
            if (!event.resumed) this.exhibit.newSession();
            this.together?.greeted();
            break;
          case "stats":
            this.serverStats = event;
            break;
          case "room":
            this.together?.hear(event.message);
            break;
          case "peers":
            this.together?.hearPeers(event.peers);
            break;
        }
      },
    });
    this.seeker = new Seeker<Seek>({
      ask: (seek) => this.socket.seek(seek),
      now: () => performance.now(),
      later: (ms, run) => window.setTimeout(run, ms),
      everyMs: 70,
      patienceMs: 1500,
    });
    this.watch = new Watch(this.stage, this.headset, (view) => this.socket.look(view) > 0);

    this.together =
      invitation &&
      new Together(invitation, this.stage, this.movement, this.headset, reducedMotion, {
        send: (message) => this.socket.say(message),
        moment: () => this.wanted,
        step: () => this.tour.current,
        show: (moment) => this.want(moment),
        showStep: (step) => this.tour.follow(step),
      });

    this.furnish();
    const bounds = siteBounds(scene.placements);
    const home = this.home;
    const reach = Math.max(home.position.distanceTo(home.target) * 1.6, Math.min(bounds, 400), 4);
    this.stage.setReach(reach, bounds);
    const bar = this.bar.element;
    new ResizeObserver(() => {
      const covered = main.clientHeight - bar.offsetTop;
      document.documentElement.style.setProperty("--covered", `${covered}px`);
      this.stage.setCovered(covered);
    }).observe(bar);
    this.movement.reach = Math.max(home.position.distanceTo(home.target) * 1.6, 4);
    this.movement.place(address.view ?? home);
    this.showMoment(this.wanted.at);
  }

  /** `keeps`: whether files may stay on this device after the visit. */
  async begin(keeps: boolean): Promise<void> {
    document.addEventListener("visibilitychange", () => {
      if (this.headset.presenting) return; // a session has a visibility of its own
      if (document.visibilityState === "hidden") this.socket.pause();
      else if (this.opened) this.socket.start();
    });
    window.addEventListener("online", () => this.socket.hurry());
    this.listenToClicks();
    this.stage.onFrame(() => this.shade());
    this.expose();
    await this.tiles.files.open(this.scene.id, keeps, LIST_PATIENCE_MS);
    this.opened = true;
    if (document.visibilityState !== "hidden") this.socket.start();
  }

  /** The server takes a file to be here that is not: another session asks for it anew. */
  private lost(digest: string): void {
    console.warn(`file ${digest.slice(0, 12)}… is gone from this device`);
    // Where one is gone, more are: they are found out together.
    this.restartTimer ??= window.setTimeout(() => {
      this.restartTimer = undefined;
      this.socket.restart();
    }, 100);
  }

  private get home(): View {
    return this.framed(this.scene.viewpoint);
  }

  /** A curator's view, made on a wide screen, from as far as a narrow one needs. */
  private framed(point: Point): View {
    const view = toView(point);
    const away = view.position.clone().sub(view.target);
    const { aspect } = this.stage.camera;
    if (aspect < 0.9 && away.length() > 12) view.position.addScaledVector(away, Math.min(1, 0.7 / aspect - 0.62));
    return view;
  }

  // ── words round the picture ────────────────────────────────────────────────────────────────────────────────────────

  private furnish(): void {
    const walk = button("walk", "Walk", () => {
      const walking = this.movement.manner === "walk";
      if (walking) this.movement.circle();
      else this.movement.walk();
      walk.setAttribute("aria-pressed", String(!walking));
      this.main.classList.toggle("is-walking", !walking);
      this.canvas.focus({ preventScroll: true });
    });
    walk.setAttribute("aria-pressed", "false");
    const rivals = this.scene.hypotheses.length > 0;
    const enter = button("headset", "Enter VR", () => void this.enterHeadset(), { class: "enter-vr", disabled: true });
    const whyNot = h("p", { class: "why-flat", id: "why-flat", hidden: true });
    const tools = h(
      "nav",
      { class: "tools", "aria-label": "Tools" },
      walk,
      button("list", "Here now", () => this.toggleSide("now")),
      rivals && button("fork", "Readings", () => this.toggleSide("readings")),
      this.scene.tours.length > 0 && button("tour", "Tour", () => this.tour.toggle()),
      this.scene.articles.length > 0 && button("read", "Read", () => this.toggleSide("articles")),
      button("info", "About", () => this.toggleSide("about")),
      this.together && button("people", "Together", () => this.together?.panel.toggle()),
      enter,
    );
    const title = h(
      "header",
      { class: "title" },
      h("a", { class: "title-back", href: "/" }, "All exhibitions"),
      h("h1", {}, this.exhibition.title),
    );
    const pad = this.thumbPad();
    this.side.append(
      button("close", "Close", () => this.closeSide(), { class: "button-round panel-close" }),
      this.sideBody,
    );
    this.main.append(this.pins.element, title, tools, whyNot, this.side, this.tour.element, pad, this.link, this.bar.element, this.announcer);
    if (this.together) {
      this.main.append(this.together.panel.element);
      this.together.panel.toggle();
    }
    void readiness().then((answer) => {
      if (answer.ready) {
        enter.disabled = false;
        return;
      }
      // Still focusable and pressable: pressing it tells why.
      enter.disabled = false;
      enter.setAttribute("aria-disabled", "true");
      enter.setAttribute("aria-describedby", "why-flat");
      enter.title = answer.why;
      whyNot.textContent = answer.why;
      // The one reason that somebody can mend is said unasked.
      whyNot.hidden = window.isSecureContext;
      enter.dataset["why"] = answer.why;
    });
  }

  private async enterHeadset(): Promise<void> {
    const enter = this.main.querySelector<HTMLButtonElement>(".enter-vr")!;
    const whyNot = this.main.querySelector<HTMLElement>(".why-flat")!;
    if (enter.dataset["why"] !== undefined) {
      whyNot.hidden = !whyNot.hidden;
      return;
    }
    if (this.headset.presenting) return this.headset.exit();
    try {
      await this.headset.enter();
    } catch (error) {
      whyNot.textContent = `The headset did not begin: ${error instanceof Error ? error.message : String(error)}`;
      whyNot.hidden = false;
    }
  }

  private enteredHeadset(inside: boolean): void {
    this.main.classList.toggle("is-in-headset", inside);
    const word = this.main.querySelector(".enter-vr .button-word");
    if (word) word.textContent = inside ? "Leave VR" : "Enter VR";
    this.socket.budget(deviceBudget(query, inside));
    this.watch.now();
    if (!inside) {
      this.socket.start(); // it may have been paused when the headset was taken off
      this.stage.invalidate();
    }
  }

  private thumbPad(): HTMLElement {
    const knob = h("span", { class: "pad-knob" });
    const pad = h("div", { class: "pad", "aria-hidden": "true" }, knob);
    const set = (x: number, y: number): void => {
      this.movement.stick.set(x, -y);
      knob.style.transform = `translate(${x * 34}px, ${y * 34}px)`;
    };
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    pad.addEventListener("pointermove", (event) => {
      if (!pad.hasPointerCapture(event.pointerId)) return;
      const box = pad.getBoundingClientRect();
      const stick = new THREE.Vector2(
        (event.clientX - box.left - box.width / 2) / 44,
        (event.clientY - box.top - box.height / 2) / 44,
      ).clampLength(0, 1);
      set(stick.x, stick.y);
    });
    for (const type of ["pointerup", "pointercancel"] as const) pad.addEventListener(type, () => set(0, 0));
    return pad;
  }

  private toggleSide(kind: "now" | "readings" | "articles" | "about"): void {
    this.article = null;
    if (!this.side.hidden && this.sideKind === kind) this.closeSide();
    else this.openSide(kind);
  }

  private openSide(kind: string): void {
    this.sideKind = kind;
    if (kind !== "thing") this.select(null);
    this.fillSide();
    this.sideBody.scrollTop = 0;
    this.side.hidden = false;
    this.main.classList.add("has-side");
    this.side.focus({ preventScroll: true });
  }

  private closeSide(): void {
    this.side.hidden = true;
    this.sideKind = "";
    this.main.classList.remove("has-side");
    this.select(null);
  }

  private fillSide(): void {
    const standing = [...(this.state?.placements.values() ?? [])];
    switch (this.sideKind) {
      case "now":
        replace(
          this.sideBody,
          nowPanel(this.state?.label ?? "", standing, this.pins.standing, {
            thing: (id) => this.openThing(id, true),
            note: (id) => this.showNote(id),
          }),
        );
        break;
      case "readings":
        replace(
          this.sideBody,
          readingsPanel(this.scene.hypotheses, this.wanted.hypothesis ?? "", this.wanted.certainty, {
            hypothesis: (id) => this.want({ hypothesis: id }),
            certainty: (certainty) => this.want({ certainty }),
          }),
        );
        break;
      case "about":
        replace(this.sideBody, aboutPanel(this.exhibition, this.tiles.verifies));
        break;
      case "articles": {
        const reads = {
          open: (id: string) => this.openArticle(id),
          back: () => this.openArticle(null),
          asset: (id: string) => this.toAsset(id),
        };
        replace(
          this.sideBody,
          this.article === null ? articlesPanel(this.scene.articles, reads) : articlePanel(this.article, reads),
        );
        break;
      }
      case "thing":
        this.fillThing();
        break;
    }
  }

  private openArticle(id: string | null): void {
    this.article = id;
    this.openSide("articles");
  }

  /** To a thing that shows an asset, and to its time; null where nothing in the scene does. */
  private toAsset(asset: string): (() => void) | null {
    const shown = this.scene.placements.filter((one) => one.asset.id === asset);
    const placement = shown.find((one) => this.standing(one.id)) ?? shown.at(-1);
    if (!placement) return null;
    return () => {
      if (!this.standing(placement.id)) this.toTimeOf(placement);
      this.openThing(placement.id, true);
    };
  }

  private standing(id: string): StandingPlacement | null {
    return [...(this.state?.placements.values() ?? [])].find((one) => one.id === id) ?? null;
  }

  private fillThing(): void {
    const placement = this.placements.get(this.selected ?? "");
    if (!placement) return;
    const { id } = placement;
    const { hypothesis } = this.wanted;
    const thing = this.things.get(id, hypothesis);
    const scrolled = this.sideBody.scrollTop;
    const opened = [...this.sideBody.querySelectorAll("details")].map((each) => each.open);
    replace(
      this.sideBody,
      thingPanel(
        { scene: this.scene, placement, standing: this.standing(id), moment: this.wanted, scale: this.bar.scale, thing, persons: this.persons },
        { fly: () => this.flyTo(id), toItsTime: () => this.toTimeOf(placement), thing: (other) => this.openThing(other, false) },
      ),
    );
    // The same panel at another moment: what was unfolded stays so, and the eye stays where it read.
    [...this.sideBody.querySelectorAll("details")].forEach((each, number) => (each.open = opened[number] ?? false));
    this.sideBody.scrollTop = scrolled;
    const again = (): void => {
      if (this.sideKind === "thing" && this.selected === id) this.fillThing();
    };
    if (!thing) void this.things.load(id, hypothesis).then((found) => found && again());
    if (!this.personsAsked) {
      this.personsAsked = true;
      loadPeople(this.scene.id).then(
        (persons) => {
          this.persons = persons;
          if (persons.length > 0) again();
        },
        () => undefined, // the panel says enough without them
      );
    }
  }

  /** To the middle of the time in which it certainly stood, else of that in which it may have. */
  private toTimeOf({ existence }: Placement): void {
    const { scale } = this.bar;
    const from = existence.startLatestYear ?? existence.startEarliestYear ?? scale.first;
    const to = existence.endEarliestYear ?? existence.endLatestYear ?? scale.last;
    this.want({ at: yearEdtf(Math.floor(Math.min(scale.last, Math.max(scale.first, (from + to) / 2)))) });
  }

  private openThing(id: string, fly: boolean): void {
    this.select(id);
    replace(this.sideBody); // another thing: nothing of it is unfolded
    this.openSide("thing");
    if (fly) this.flyTo(id);
  }

  private select(id: string | null): void {
    this.selected = id;
    this.highlight.show(id);
  }

  private flyTo(id: string): void {
    const drawn = this.exhibit.boxOf(id);
    const box = drawn.isEmpty() ? this.boxSaid(id) : drawn; // its tiles may be on their way
    if (box.isEmpty() || this.headset.presenting) return;
    const centre = box.getCenter(new THREE.Vector3());
    const radius = Math.max(0.5, Math.min(box.getSize(new THREE.Vector3()).length() / 2, 60));
    const from = this.stage.camera.position.clone().sub(centre).normalize();
    from.y = Math.max(from.y, 0.25);
    const position = this.clearSpot(id, centre, from.normalize(), radius * 2.1);
    void this.movement.fly({ position, target: centre }, 1.8);
  }

  /** Where a thing stands by what is said of it. */
  private boxSaid(id: string): THREE.Box3 {
    const placement = this.placements.get(id);
    const extent = placement?.asset.tileset?.extent;
    if (!placement || !extent) return new THREE.Box3();
    const box = new THREE.Box3(new THREE.Vector3(...extent.low), new THREE.Vector3(...extent.high));
    return box.applyMatrix4(new THREE.Matrix4().fromArray(placement.transform));
  }

  /** A place at `distance` from `centre` from which nothing else hides it: on this side if there is one, else round it. */
  private clearSpot(id: string, centre: THREE.Vector3, from: THREE.Vector3, distance: number): THREE.Vector3 {
    const ray = new THREE.Raycaster();
    const up = new THREE.Vector3(0, 1, 0);
    for (const turn of [0, 40, -40, 80, -80, 130, -130, 180]) {
      const direction = from.clone().applyAxisAngle(up, THREE.MathUtils.degToRad(turn));
      const spot = centre.clone().addScaledVector(direction, distance);
      ray.set(spot, direction.clone().negate());
      ray.far = distance;
      const hit = ray.intersectObject(this.exhibit.root, true)[0];
      if (!hit || Exhibit.placementOf(hit.object) === id) return spot;
    }
    return centre.clone().addScaledVector(from, distance);
  }

  private showNote(id: string): void {
    const note = this.scene.annotations.find((annotation) => annotation.id === id);
    if (!note) return;
    const target = new THREE.Vector3(...note.position);
    const from = this.stage.camera.position.clone().sub(target);
    if (from.length() > 25) from.setLength(25);
    from.y = Math.max(from.y, 3);
    this.closeSide();
    void this.movement.fly({ position: target.clone().add(from), target }, 1.6).then(() => this.pins.showById(id));
  }

  private listenToClicks(): void {
    let down: { x: number; y: number; at: number } | null = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      down = event.isPrimary ? { x: event.clientX, y: event.clientY, at: event.timeStamp } : null;
    });
    this.canvas.addEventListener("pointerup", (event) => {
      const began = down;
      down = null;
      if (!began || event.timeStamp - began.at > 400) return;
      if (Math.hypot(event.clientX - began.x, event.clientY - began.y) > 6) return;
      this.pins.close();
      const id = this.thingAt(event.clientX, event.clientY);
      if (id !== null) this.openThing(id, false);
      else this.closeSide();
    });
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.side.hidden) this.closeSide();
    });
  }

  private thingAt(x: number, y: number): string | null {
    const box = this.canvas.getBoundingClientRect();
    const ray = new THREE.Raycaster();
    const point = new THREE.Vector2(((x - box.left) / box.width) * 2 - 1, 1 - ((y - box.top) / box.height) * 2);
    ray.setFromCamera(point, this.stage.camera);
    const hit = ray.intersectObject(this.exhibit.root, true)[0];
    return hit ? Exhibit.placementOf(hit.object) : null;
  }

  // ── moments ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private timeMoved(year: number, settled: boolean): void {
    this.together?.wander();
    this.want({ at: yearEdtf(year) }, false);
    this.pins.at(Math.floor(year));
    if (settled) this.saveAddress();
  }

  private want(change: Partial<Seek>, show = true): void {
    this.wanted = { ...this.wanted, ...change };
    if (show) {
      this.bar.stop();
      this.showMoment(this.wanted.at);
      this.saveAddress();
    }
    this.main.classList.add("is-waiting");
    this.seeker.want(this.wanted);
  }

  private showMoment(at: string): void {
    const year = edtfYear(at) ?? 0;
    this.bar.show(year);
    this.pins.at(year);
  }

  private stateCame(state: State): void {
    this.state = state;
    this.exhibit.addState(state);
    this.seeker.answered(state.seek);
    let possible = 0;
    for (const placement of state.placements.values()) if (placement.certainty === "possible") possible += 1;
    this.bar.count(state.placements.size - possible, possible);
    this.say(`${state.label}: ${state.placements.size} things`);
    this.caption.say(state.label, this.bar.epochs);
    if (this.sideKind === "now" || this.sideKind === "thing") this.fillSide();
  }

  private shown(): void {
    // While tiles pour in, shadows follow at a distance: each is the scene drawn once more.
    const now = performance.now();
    const shade = this.exhibit.shown.complete || now - this.shadedAt > 500;
    if (shade) this.shadedAt = now;
    this.stage.invalidate(shade);
    this.highlight.refresh();
    this.main.classList.toggle("is-waiting", !this.exhibit.shown.complete);
  }

  /** One moment melts into the next: the last picture of the old one fades over the new. */
  private dissolve(): void {
    const { veil, canvas } = this;
    if (reducedMotion() || this.headset.presenting || veil.classList.contains("is-melting")) return;
    veil.width = canvas.width;
    veil.height = canvas.height;
    // Drawn again in this very task: without preserveDrawingBuffer the picture is gone after it.
    this.stage.renderer.render(this.stage.scene, this.stage.camera);
    veil.getContext("2d")?.drawImage(canvas, 0, 0);
    veil.classList.add("is-melting");
    veil.addEventListener("animationend", () => veil.classList.remove("is-melting"), { once: true });
  }

  private tourStep(viewpoint: Point, moment: string, hypothesis: string | null): void {
    this.closeSide();
    this.pins.close();
    this.want({ at: moment, hypothesis: hypothesis ?? this.wanted.hypothesis });
    void this.movement.fly(this.framed(viewpoint));
  }

  // ── connection, light, address ─────────────────────────────────────────────────────────────────────────────────────

  private linkChanged(link: Link): void {
    if (link.state === "connecting") this.seeker.reset();
    if (link.state !== "open") this.together?.lost();
    const words: Record<Link["state"], string> = {
      connecting: this.everOpen ? "Connecting again…" : "Connecting…",
      open: "",
      waiting: link.state === "waiting" ? `No connection: ${link.reason}. Trying again in ${Math.ceil(link.seconds)} s.` : "",
      paused: "Paused",
      ended: link.state === "ended" ? link.reason : "",
    };
    if (link.state === "open") {
      this.everOpen = true;
      if (link.resumed) {
        // What was asked last may have been lost with the connection.
        this.watch.now();
        this.seeker.want(this.wanted);
      }
    }
    this.link.textContent = words[link.state];
    this.link.classList.toggle("is-bad", link.state === "waiting" || link.state === "ended");
  }

  private shade(): void {
    const target = this.movement.target;
    const distance = this.stage.camera.position.distanceTo(target);
    this.stage.shade(target, THREE.MathUtils.clamp(distance * 1.1, 12, 140));
    this.saveAddress();
  }

  private saveAddress(): void {
    window.clearTimeout(this.addressTimer);
    this.addressTimer = window.setTimeout(() => {
      if (this.headset.presenting) return;
      writeAddress(this.wanted, { position: this.stage.camera.position, target: this.movement.target });
    }, 600);
  }

  private say(words: string): void {
    this.announcer.textContent = words;
  }

  /** For tests and for the curious. */
  private expose(): void {
    const page = this;
    const { quality } = this;
    Object.defineProperty(window, "chronotope", {
      value: {
        get stats() {
          const { exhibit, socket, tiles, stage, headset, state } = page;
          const { info } = stage.renderer;
          return {
            chunkBytes: socket.chunkBytes,
            connections: socket.connections,
            lastSeek: socket.lastSeek,
            lastLook: socket.lastLook,
            answeredSeek: state?.seek ?? 0,
            at: state?.at ?? null,
            standing: state?.placements.size ?? 0,
            shown: { ...exhibit.shown },
            cutsApplied: exhibit.cutsApplied,
            tiles: { ...tiles.stats },
            held: tiles.inMemory,
            kept: tiles.files.kept.size,
            files: { ...tiles.files.stats },
            longestUploadMs: tiles.longestUploadMs,
            resumptions: socket.resumptions,
            room: page.together?.stats ?? null,
            server: page.serverStats,
            verifies: tiles.verifies,
            quality,
            frames: stage.frames,
            frameMs: stage.frameMs,
            triangles: info.render.triangles,
            draws: info.render.calls,
            geometries: info.memory.geometries,
            textures: info.memory.textures,
            inHeadset: headset.presenting,
            headsetFrames: headset.frames,
            headsetViews: headset.views,
          };
        },
        seek: (at: string) => page.want({ at }),
        camera: (position: [number, number, number], target: [number, number, number]) =>
          page.movement.place(toView({ position, target })),
        stage: page.stage,
        root: page.exhibit.root,
        eye: () => page.stage.camera.getWorldPosition(new THREE.Vector3()).toArray(),
        setCertainty: (certainty: Certainty) => page.want({ certainty }),
      },
    });
  }
}

function toView(point: Point): View {
  return { position: new THREE.Vector3(...point.position), target: new THREE.Vector3(...point.target) };
}

void main();
