/** A closer look, joined to the page: a second moment, colours, a distance, a section; what of it an address keeps. */

import * as THREE from "three";
import type { Placement } from "../data/exhibition";
import { Counterpart } from "../scene/counterpart";
import { budgetShare, deviceBudget } from "../scene/device";
import type { Exhibit } from "../scene/exhibit";
import { hitAt } from "../scene/pick";
import { Ruler } from "../scene/ruler";
import { SIDES, Section } from "../scene/section";
import type { Cut, Side } from "../scene/section";
import { Split } from "../scene/split";
import type { Layout } from "../scene/split";
import type { Stage } from "../scene/stage";
import { PLAIN, Tints } from "../scene/tint";
import type { Opening } from "../stream/opening";
import type { Look } from "../stream/frames";
import type { Budget, Seek, State } from "../stream/session";
import type { TimeScale } from "../time/scale";
import { edtfYear, momentLabel, yearEdtf, yearLabel } from "../time/years";
import { Curtain } from "../ui/curtain";
import { SCHEMES, shadeOf } from "../ui/schemes";
import type { Scheme } from "../ui/schemes";
import { StudyPanel } from "../ui/study";
import { metres, say } from "../ui/words";
import { CloudStudy } from "./clouds";

export interface StudyHost {
  readonly state: State | null;
  readonly wanted: Seek;
  readonly scale: TimeScale;
  /** as the page opens its own stream */
  opening(): Opening;
  /** the device's budget from now on */
  budget(budget: Budget): void;
  /** of all that is seen now */
  address(): string;
  /** what the eye looks at, metres */
  target(): THREE.Vector3;
  /** something of it changed: the panel and the address say so */
  studied(): void;
  say(words: string): void;
}

const LAYOUTS: readonly Layout[] = ["one", "swipe", "beside"];

export class Study {
  readonly curtain: Curtain;
  readonly ruler: Ruler;
  private readonly split: Split;
  private readonly section: Section;
  private readonly tints = [new Tints(), new Tints()] as const;
  private readonly beyond = new THREE.Group();
  private readonly panelWords: StudyPanel;
  private readonly clouds: CloudStudy;
  private counterpart: Counterpart | null = null;
  private other: number;
  private scheme: Scheme = "none";
  private safe = false;
  private measuring = false;

  constructor(
    private readonly stage: Stage,
    private readonly exhibit: Exhibit,
    private readonly placements: ReadonlyMap<string, Placement>,
    private readonly anisotropy: number,
    private readonly query: URLSearchParams,
    private readonly host: StudyHost,
  ) {
    stage.scene.add(this.beyond);
    this.split = new Split(stage, exhibit.root, this.beyond);
    this.curtain = new Curtain(this.split);
    this.ruler = new Ruler(stage);
    this.section = new Section(stage, () => [exhibit.root, this.beyond]);
    this.clouds = new CloudStudy(stage, () => [exhibit.root, this.beyond], () => host.studied());
    this.other = edtfYear(host.wanted.at) ?? 0;
    this.panelWords = new StudyPanel(host.scale, {
      compare: (layout) => this.compare(layout),
      other: (year) => this.setOther(year),
      colour: (scheme, safe) => this.colour(scheme, safe),
      clouds: {
        scheme: (scheme) => this.clouds.choose(scheme),
        showClass: (number, shown) => this.clouds.showClass(number, shown),
        shading: (on) => this.clouds.shade(on),
      },
      section: (side) => this.cut(side),
      sectionAt: (place) => this.cutAt(place),
      measure: (on) => this.measure(on),
      markMiddle: () => this.markMiddle(),
      address: () => host.address(),
    });
  }

  panel(): DocumentFragment {
    const { other, scheme, safe, measuring } = this;
    const { cut } = this.section;
    const clouds = this.clouds.panel;
    return this.panelWords.panel({ layout: this.split.layout, other, scheme, safe, clouds, cut, range: this.range(cut), measuring });
  }

  /** Of the device's budget what one stream may hold: half while two moments are seen, less where frames take long. */
  get share(): number {
    return this.stage.budgetShare * (this.split.layout === "one" ? 1 : 0.5);
  }

  /** For tests and for the curious. */
  get stats() {
    const { counterpart, scheme, safe } = this;
    const other = counterpart && { at: counterpart.state?.at ?? null, shown: counterpart.exhibit.shown };
    return { layout: this.split.layout, other, scheme, safe, cut: this.section.cut, distance: this.ruler.distance, clouds: this.clouds.stats };
  }

  // ── what the page tells ────────────────────────────────────────────────────────────────────────────────────────────

  look(view: Omit<Look, "look">): void {
    this.counterpart?.look(view);
  }

  /** A reading or a certainty is shown at both moments. */
  wanted(): void {
    this.counterpart?.seek(this.otherSeek());
  }

  pause(paused: boolean): void {
    this.counterpart?.pause(paused);
  }

  /** Another cut is drawn, or another moment stands. */
  shown(): void {
    this.paint();
    this.clouds.shown(this.exhibit.shown.complete);
  }

  named(): void {
    const { state, wanted } = this.host;
    this.curtain.show(state ? momentLabel(state) : yearLabel(edtfYear(wanted.at) ?? 0), yearLabel(this.other));
  }

  /** A click belongs to the ruler; whether it was taken. */
  clicked(x: number, y: number): boolean {
    if (this.measuring) this.mark(x, y);
    return this.measuring;
  }

  /** What is seen at a point of the page: of this moment, or of the other. */
  rootAt(x: number): THREE.Object3D {
    return this.split.isRight(x - this.stage.canvas.getBoundingClientRect().left) ? this.beyond : this.exhibit.root;
  }

  // ── the address ────────────────────────────────────────────────────────────────────────────────────────────────────

  write(parts: URLSearchParams): void {
    if (this.split.layout !== "one") {
      parts.set("compare", this.split.layout);
      parts.set("other", yearEdtf(this.other));
    }
    if (this.scheme !== "none") parts.set("colour", this.safe ? `${this.scheme}-safe` : this.scheme);
    const { cut } = this.section;
    if (cut) parts.set("section", [cut.side, ...[cut.metres, ...middleOf(cut)].map((value) => Number(value.toFixed(2)))].join(","));
    this.clouds.write(parts);
  }

  read(parts: URLSearchParams): void {
    const layout = LAYOUTS.find((one) => one === parts.get("compare"));
    const other = edtfYear(parts.get("other") ?? "");
    if (other !== null) this.other = this.within(other);
    if (layout && layout !== "one") this.compare(layout);
    const [scheme, safe] = (parts.get("colour") ?? "").split("-");
    const known = SCHEMES.find((one) => one === scheme);
    if (known) this.colour(known, safe === "safe");
    const cut = cutFrom(parts.get("section") ?? "");
    if (cut) this.section.show(cut);
    this.clouds.read(parts);
  }

  // ── two moments ────────────────────────────────────────────────────────────────────────────────────────────────────

  compare(layout: Layout): void {
    const was = this.split.layout;
    this.split.show(layout);
    if (layout !== "one" && !this.counterpart) this.begin();
    if (layout === "one" && this.counterpart) this.end();
    if (layout === "one" && this.scheme === "change") this.scheme = "none";
    this.stage.canvas.parentElement?.classList.toggle("is-beside", layout === "beside");
    if (layout !== was) {
      this.named();
      this.paintAnew();
      this.host.studied();
    }
  }

  private begin(): void {
    this.counterpart = new Counterpart(this.stage, this.anisotropy, this.host.opening().scene, this.otherSeek(), {
      opening: () => this.host.opening(),
      shown: () => {
        this.shown();
        if (this.counterpart?.exhibit.shown.complete) this.stage.invalidate(true);
        else this.stage.invalidateByAndBy();
      },
      state: () => this.paintAnew(),
    });
    this.beyond.add(this.counterpart.exhibit.root);
    this.budgetChanged();
  }

  private end(): void {
    this.counterpart?.end();
    this.counterpart = null;
    this.budgetChanged();
  }

  /** Both streams may hold more from now on, or less. */
  budgetChanged(): void {
    const budget = budgetShare(deviceBudget(this.query, false), this.share);
    this.host.budget(budget);
    this.counterpart?.budget(budget);
  }

  private setOther(year: number): void {
    this.other = this.within(year);
    this.counterpart?.seek(this.otherSeek());
    this.named();
    this.host.say(say("compare_told", { left: momentLabel(this.host.state ?? { at: this.host.wanted.at, label: "" }), right: yearLabel(this.other) }));
  }

  private within(year: number): number {
    return Math.max(this.host.scale.first, Math.min(this.host.scale.last, year));
  }

  private otherSeek(): Seek {
    return { ...this.host.wanted, at: yearEdtf(this.other) };
  }

  // ── colours ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private colour(scheme: Scheme, safe: boolean): void {
    this.scheme = scheme;
    this.safe = safe;
    if (scheme === "change" && this.split.layout === "one") this.compare("swipe");
    this.paintAnew();
    this.host.studied();
  }

  private paintAnew(): void {
    this.paint();
    this.stage.invalidate();
  }

  private paint(): void {
    this.paintOne(this.tints[0], this.exhibit.root, this.host.state, this.counterpart?.state ?? null, false);
    if (this.counterpart) this.paintOne(this.tints[1], this.beyond, this.counterpart.state, this.host.state, true);
    this.section.refresh(); // other materials may be seen now
  }

  private paintOne(tints: Tints, root: THREE.Object3D, here: State | null, there: State | null, other: boolean): void {
    const standing = new Map([...(here?.placements.values() ?? [])].map((one) => [one.id, one.certainty]));
    const elsewhere = new Map([...(there?.placements.values() ?? [])].map((one) => [one.id, one.certainty]));
    // Placements are told with the pictures that need them: what was not told yet may stand all the same.
    const all = there !== null && there.placements.size === there.count.certain + there.count.possible;
    const coloured = this.scheme !== "none";
    tints.paint(
      root,
      (id) => {
        const certainty = (id === null ? null : standing.get(id)) ?? "certain";
        const ghost = certainty === "possible";
        const placement = id === null ? null : this.placements.get(id);
        if (!placement) return { colour: coloured ? PLAIN : null, ghost };
        const met = elsewhere.get(placement.id) ?? (all ? null : undefined);
        const known = { certainty, reliability: placement.reliability, ...(met !== undefined && { elsewhere: met }) };
        return { colour: shadeOf(this.scheme, this.safe, known, other)?.colour ?? null, ghost };
      },
      coloured,
    );
  }

  // ── a section ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private cut(side: Side | null): void {
    const target = this.host.target();
    if (side === "outside") this.section.show({ side, middle: target, metres: this.seenWell(target) / 4 });
    else this.section.show(side && { side, metres: along(side, target) });
    this.host.studied();
  }

  private cutAt(metres: number): void {
    const { cut } = this.section;
    if (cut) this.section.show({ ...cut, metres });
  }

  /** How far about what is looked at one sees it well, metres. */
  private seenWell(target: THREE.Vector3): number {
    return THREE.MathUtils.clamp(this.stage.camera.position.distanceTo(target), 3, 150);
  }

  /** About what is looked at, and as far as one sees it well. */
  private range(cut: Cut | null): [number, number] {
    if (!cut) return [0, 1];
    const target = this.host.target();
    const far = this.seenWell(target);
    if (cut.side === "outside") return [Math.min(0.1, cut.metres), Math.max(far, cut.metres)];
    const middle = along(cut.side, target);
    return [Math.min(middle - far, cut.metres), Math.max(middle + far, cut.metres)];
  }

  // ── a distance ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private measure(on: boolean): void {
    this.measuring = on;
    this.stage.canvas.parentElement?.classList.toggle("is-measuring", on);
    if (!on) this.ruler.clear();
    this.panelWords.measured.textContent = "";
    this.host.studied();
  }

  private markMiddle(): void {
    const box = this.stage.canvas.getBoundingClientRect();
    this.mark(box.left + this.stage.viewWidth / 2, box.top + box.height / 2);
  }

  private mark(x: number, y: number): void {
    const hit = hitAt(this.stage, this.rootAt(x), x, y);
    const { measured } = this.panelWords;
    if (!hit) {
      measured.textContent = say("measure_miss");
      return;
    }
    this.ruler.mark(hit.point);
    const distance = this.ruler.distance;
    if (!distance) {
      measured.textContent = say("measure_first");
      return;
    }
    const { length, flat, height } = distance;
    measured.textContent = say("measure_result", { length: metres(length), flat: metres(flat), height: metres(height) });
    this.ruler.label.textContent = metres(length);
  }
}

function middleOf(cut: Cut): number[] {
  return cut.side === "outside" ? cut.middle.toArray() : [];
}

/** As an address keeps it; null where it is none. */
function cutFrom(text: string): Cut | null {
  const [name, ...rest] = text.split(",");
  const side = SIDES.find((one) => one === name);
  const [metres, ...middle] = rest.map(Number);
  if (!side || metres === undefined || rest.some((part) => part === "") || ![metres, ...middle].every(Number.isFinite)) return null;
  if (side !== "outside") return { side, metres };
  return middle.length === 3 && metres > 0 ? { side, metres, middle: new THREE.Vector3(...middle) } : null;
}

function along(side: Exclude<Side, "outside">, point: THREE.Vector3): number {
  return { above: point.y, east: point.x, south: point.z }[side];
}
