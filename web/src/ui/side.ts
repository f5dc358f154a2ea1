/** The panel at the side: what is here now, readings, texts, about, and one thing with its reasons. */

import { loadPeople } from "../data/exhibition";
import type { Annotation, Exhibition, Person, Placement } from "../data/exhibition";
import { Things } from "../data/thing";
import type { Seek, StandingPlacement, State } from "../stream/session";
import type { TimeScale } from "../time/scale";
import { momentLabel, yearEdtf } from "../time/years";
import { articlePanel, articlesPanel } from "./articles";
import { button, h, replace } from "./dom";
import { aboutPanel, nowPanel } from "./panels";
import { readingsPanel } from "./readings";
import { thingPanel } from "./thing";
import { say } from "./words";

export type SideKind = "study" | "now" | "readings" | "articles" | "about" | "thing";

const PANELS: readonly SideKind[] = ["study", "now", "readings", "articles", "about"];

/** What the panel asks of the page. */
export interface SideHost {
  readonly state: State | null;
  readonly wanted: Seek;
  readonly scale: TimeScale;
  /** files are checked against their digests here */
  readonly verifies: boolean;
  /** of all that is seen now */
  address(): string;
  notes(): readonly Annotation[];
  studyPanel(): DocumentFragment;
  want(change: Partial<Seek>): void;
  fly(id: string): void;
  showNote(id: string): void;
  /** another thing is chosen, or none */
  selected(id: string | null): void;
  /** opened or closed */
  changed(open: boolean): void;
}

export class Side {
  readonly element = h("aside", { class: "side panel", hidden: true, tabindex: "-1" });
  private readonly body = h("div", { class: "side-body" });
  private readonly things = new Things();
  private persons: readonly Person[] = [];
  private personsAsked = false;
  private kind: SideKind | null = null;
  /** what had the focus when the panel opened, and gets it back */
  private opener: Element | null = null;
  private selected: string | null = null;
  private article: string | null = null;

  constructor(
    private readonly exhibition: Exhibition,
    private readonly placements: ReadonlyMap<string, Placement>,
    private readonly host: SideHost,
  ) {
    this.element.append(button("close", say("close"), () => this.close(), { class: "button-round panel-close" }), this.body);
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.element.hidden) this.close();
    });
  }

  /** What is open, for the address. */
  write(parts: URLSearchParams): void {
    if (this.kind === "thing") parts.set("thing", this.selected!);
    else if (this.article !== null) parts.set("article", this.article);
    else if (this.kind) parts.set("panel", this.kind);
  }

  /** Opens what an address names, where it is there. */
  read(parts: URLSearchParams): void {
    const thing = parts.get("thing") ?? "";
    const article = parts.get("article");
    const panel = PANELS.find((one) => one === parts.get("panel"));
    if (this.placements.has(thing)) this.openThing(thing);
    else if (article !== null && this.exhibition.scene.articles.some((one) => one.id === article)) this.openArticle(article);
    else if (panel) this.open(panel);
  }

  toggle(kind: SideKind): void {
    this.article = null;
    if (this.kind === kind) this.close();
    else this.open(kind);
  }

  close(): void {
    const focused = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.kind = this.article = null;
    this.select(null);
    this.host.changed(false);
    if (focused && this.opener instanceof HTMLElement) this.opener.focus({ preventScroll: true });
  }

  openThing(id: string): void {
    this.select(id);
    replace(this.body); // another thing: nothing of it is unfolded
    this.open("thing");
  }

  /** Another moment: what is said of it is said anew. */
  refresh(): void {
    if (this.kind === "now" || this.kind === "thing") this.fill();
  }

  /** The same panel, filled anew; the focus stays on what was pressed. */
  studied(): void {
    if (this.kind !== "study") return;
    const focused = this.body.contains(document.activeElement) ? [...this.body.querySelectorAll("input, button")] : [];
    const at = focused.indexOf(document.activeElement as Element);
    const scrolled = this.body.scrollTop;
    const { name, value } = (focused[at] ?? {}) as Partial<HTMLInputElement>;
    this.fill();
    this.body.scrollTop = scrolled;
    const all = [...this.body.querySelectorAll<HTMLInputElement | HTMLButtonElement>("input, button")];
    const same = name ? all.find((each) => each.name === name && each.value === value) : at >= 0 ? all[at] : undefined;
    same?.focus({ preventScroll: true });
  }

  private open(kind: SideKind): void {
    this.kind = kind;
    if (kind !== "articles") this.article = null;
    if (kind !== "thing") this.select(null);
    this.fill();
    this.body.scrollTop = 0;
    if (this.element.hidden) this.opener = document.activeElement;
    this.element.hidden = false;
    this.host.changed(true);
    this.element.focus({ preventScroll: true });
  }

  private select(id: string | null): void {
    this.selected = id;
    this.host.selected(id);
  }

  private fill(): void {
    const { host, exhibition } = this;
    const { scene } = exhibition;
    switch (this.kind) {
      case "now": {
        const standing = [...(host.state?.placements.values() ?? [])];
        const go = { thing: (id: string) => this.goToThing(id), note: (id: string) => host.showNote(id) };
        replace(this.body, nowPanel(host.state ? momentLabel(host.state) : "", standing, host.notes(), go));
        break;
      }
      case "readings":
        replace(
          this.body,
          readingsPanel(scene.hypotheses, host.wanted.hypothesis ?? "", host.wanted.certainty, {
            hypothesis: (id) => host.want({ hypothesis: id }),
            certainty: (certainty) => host.want({ certainty }),
          }),
        );
        break;
      case "study":
        replace(this.body, host.studyPanel());
        break;
      case "about":
        replace(this.body, aboutPanel(exhibition, host.verifies));
        break;
      case "articles": {
        const reads = {
          open: (id: string) => this.openArticle(id),
          back: () => this.openArticle(null),
          asset: (id: string) => this.toAsset(id),
        };
        replace(this.body, this.article === null ? articlesPanel(scene.articles, reads) : articlePanel(this.article, reads));
        break;
      }
      case "thing":
        this.fillThing();
        break;
    }
  }

  private openArticle(id: string | null): void {
    this.article = id;
    this.open("articles");
  }

  private goToThing(id: string): void {
    this.openThing(id);
    this.host.fly(id);
  }

  /** To a thing that shows an asset, and to its time; null where nothing in the scene does. */
  private toAsset(asset: string): (() => void) | null {
    const shown = this.exhibition.scene.placements.filter((one) => one.asset?.id === asset);
    const placement = shown.find((one) => this.standing(one.id)) ?? shown.at(-1);
    if (!placement) return null;
    return () => {
      if (!this.standing(placement.id)) this.toTimeOf(placement);
      this.goToThing(placement.id);
    };
  }

  private standing(id: string): StandingPlacement | null {
    return [...(this.host.state?.placements.values() ?? [])].find((one) => one.id === id) ?? null;
  }

  private fillThing(): void {
    const placement = this.placements.get(this.selected ?? "");
    if (!placement) return;
    const { id } = placement;
    const { host, persons } = this;
    const { scene } = this.exhibition;
    const { hypothesis } = host.wanted;
    const thing = this.things.get(id, hypothesis);
    const scrolled = this.body.scrollTop;
    const opened = [...this.body.querySelectorAll("details")].map((each) => each.open);
    replace(
      this.body,
      thingPanel(
        { scene, exhibition: this.exhibition.title, address: host.address(), placement, standing: this.standing(id), moment: host.wanted, scale: host.scale, thing, persons },
        { fly: () => host.fly(id), toItsTime: () => this.toTimeOf(placement), thing: (other) => this.openThing(other) },
      ),
    );
    // The same panel at another moment: what was unfolded stays so, and the eye stays where it read.
    [...this.body.querySelectorAll("details")].forEach((each, number) => (each.open = opened[number] ?? false));
    this.body.scrollTop = scrolled;
    const again = (): void => {
      if (this.kind === "thing" && this.selected === id) this.fillThing();
    };
    if (!thing) void this.things.load(id, hypothesis).then((found) => found && again());
    if (!this.personsAsked) {
      this.personsAsked = true;
      loadPeople(scene.id).then(
        (found) => {
          this.persons = found;
          if (found.length > 0) again();
        },
        () => undefined, // the panel says enough without them
      );
    }
  }

  /** To the middle of the time in which it certainly stood, else of that in which it may have. */
  private toTimeOf({ existence }: Placement): void {
    const { scale } = this.host;
    const from = existence.startLatestYear ?? existence.startEarliestYear ?? scale.first;
    const to = existence.endEarliestYear ?? existence.endLatestYear ?? scale.last;
    this.host.want({ at: yearEdtf(Math.floor(Math.min(scale.last, Math.max(scale.first, (from + to) / 2)))) });
  }
}
