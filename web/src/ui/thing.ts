/** "Why do we think so?": all that a visitor may ask of one thing, calmest first. */

import type { Hypothesis, Note, Person, Placement, Scene } from "../data/exhibition";
import { loadReasons } from "../data/exhibition";
import { IDENTITY, happenings, notesAbout } from "../data/thing";
import type { Status, Thing } from "../data/thing";
import type { Seek, StandingPlacement } from "../stream/session";
import type { TimeScale } from "../time/scale";
import { edtfYear } from "../time/years";
import { changeList, statementList, thingLink } from "./chronology";
import { button, h } from "./dom";
import type { Child } from "./dom";
import { recordedLine, reliabilityLine, sourceLine, sourceList, termList, webLink } from "./evidence";
import { textInLanguages } from "./languages";
import { lifetimeBar } from "./lifetime";
import { shareField } from "./share";
import { rightsName } from "./rights";
import { say, spoken } from "./words";
import type { Word } from "./words";

export interface Asked {
  scene: Scene;
  /** title of the exhibition */
  exhibition: string;
  /** of this panel at this moment, to be passed on */
  address: string;
  placement: Placement;
  /** how it stands at the moment; null: not */
  standing: StandingPlacement | null;
  moment: Seek;
  scale: TimeScale;
  /** null: not known yet */
  thing: Thing | null;
  persons: readonly Person[];
}

export interface Does {
  fly(): void;
  /** to a moment at which it certainly stands */
  toItsTime(): void;
  thing(id: string): void;
}

export function thingPanel(asked: Asked, does: Does): DocumentFragment {
  const { scene, placement, standing, thing } = asked;
  const panel = document.createDocumentFragment();
  panel.append(
    h("p", { class: "eyebrow" }, placement.layer?.title ?? scene.title),
    h("h2", {}, placement.title),
    h("p", { class: "existence" }, placement.existence.label || placement.existence.text),
    thing?.narrowed
      ? h("p", { class: "quiet" }, say("narrowed", { label: thing.narrowed.label || thing.narrowed.text }))
      : "",
    lifetimeBar(thing?.narrowed ?? placement.existence, asked.scale, edtfYear(asked.moment.at)),
    certaintyLine(asked),
    h(
      "p",
      { class: "thing-go" },
      standing ? button("eye", say("go_there"), does.fly) : button("next", say("go_time"), does.toItsTime),
    ),
    h("h3", {}, say("why")),
    reliabilityLine(placement.reliability),
    thing?.generated &&
      h(
        "p",
        { class: "machine" },
        h("span", { class: "tag tag-machine" }, say("by_machine")),
        ` ${[thing.generated.by, thing.generated.method].filter(Boolean).join(": ")}`,
      ) || "",
    h("p", { class: "prose" }, placement.reason || say("no_reason")),
    thing?.period &&
      h(
        "p",
        { class: "quiet" },
        `${say("dated_by")} `,
        webLink(thing.period.uri, thing.period.label),
        thing.period.authority && ` (${thing.period.authority})`,
      ) || "",
  );
  const hypothesis = scene.hypotheses.find((one) => one.id === placement.hypothesis?.id);
  if (hypothesis) panel.append(hypothesisNote(hypothesis));
  const sources = thing?.citations ?? placement.sources.map((text) => ({ text, uri: "", pages: "" }));
  section(panel, say("sources"), sourceList(sources));
  if (thing) details(panel, asked, thing, does);
  rights(panel, placement, thing);
  citation(panel, asked);
  return panel;
}

function section(panel: DocumentFragment, title: string, ...children: Child[]): void {
  const kept = children.filter((child) => child !== null && child !== false && child !== "");
  if (kept.length > 0) panel.append(h("h3", {}, title), ...(kept as (Node | string)[]));
}

function certaintyLine({ scene, placement, standing, moment }: Asked): HTMLElement {
  const line = h("p", { class: "certainty" });
  const sure =
    standing === null
      ? say("stands_not")
      : standing.certainty === "certain"
        ? say("stands_certain")
        : say("stands_possible");
  line.append(h("span", { class: `dot dot-${standing?.certainty ?? "gone"}` }), sure);
  // Of what is certain, the date above says all.
  if (standing?.certainty === "possible") {
    void loadReasons(scene.id, moment.at, moment.hypothesis)
      .then((reasons) => {
        const found = reasons.get(placement.id);
        if (found?.reason) line.append(" ", h("span", { class: "quiet" }, found.reason));
      })
      .catch(() => undefined); // the panel says enough without it
  }
  return line;
}

function details(panel: DocumentFragment, { scene, placement, persons }: Asked, thing: Thing, does: Does): void {
  const isThing = (id: string): boolean => scene.placements.some((one) => one.id === id);
  if (thing.statements.length > 0) {
    section(
      panel,
      say("dates_it"),
      statementList(thing.statements, placement.id, isThing, does.thing),
      // A reason of one step says no more than its statement.
      ...thing.reasons
        .filter((steps) => steps.length > 1)
        .map((steps) =>
          h(
            "details",
            { class: "records" },
            h("summary", {}, steps.at(-1)!),
            h("ol", { class: "sources" }, ...steps.map((step) => h("li", {}, step))),
          ),
        ),
    );
  }
  if (thing.changeEvents.length > 0) section(panel, say("became"), changeList(thing.changeEvents, placement.id, does.thing));
  const others = scene.placements.filter((one) => placement.asset && one.asset?.id === placement.asset.id && one.id !== placement.id);
  if (others.length > 0) {
    section(
      panel,
      say("same_elsewhere"),
      h(
        "ul",
        { class: "lines" },
        ...others.map((one) => h("li", {}, thingLink(one, does.thing), h("span", { class: "line-source" }, one.existence.label))),
      ),
    );
  }
  const { identity, status } = thing.asset ?? { identity: null, status: [] };
  if (identity) {
    const known = IDENTITY.filter((name) => identity[name] !== "");
    section(
      panel,
      say("the_object"),
      h("dl", { class: "facts" }, ...known.flatMap((name) => [h("dt", {}, say(`id_${name}`)), h("dd", {}, identity[name])])),
    );
  }
  if (status.length > 0) section(panel, say("its_fate"), h("ol", { class: "timeline" }, ...status.map(fate)));
  const lives = happenings(persons, placement.id);
  if (lives.length > 0) {
    section(
      panel,
      say("people"),
      h(
        "ul",
        { class: "lines" },
        ...lives.map((life) =>
          h(
            "li",
            {},
            h("strong", {}, life.person),
            ` · ${[life.kind, life.when].filter(Boolean).join(" ")}`,
            h("span", { class: "line-source" }, [life.place, life.note].filter(Boolean).join("; ")),
          ),
        ),
      ),
    );
  }
  for (const note of notesAbout(scene.remarks, placement.id)) section(panel, note.title, ...noteBody(note));
}

const FATES = new Set("IN_PLACE AT_RISK DAMAGED DESTROYED MISSING STOLEN LOCATED SEIZED RECOVERED RETURNED ON_LOAN".split(" "));

function fateName(kind: string): string {
  return FATES.has(kind) ? say(`fate_${kind.toLowerCase()}` as Word) : kind;
}

function fate(status: Status): HTMLElement {
  return h(
    "li",
    { class: ["STOLEN", "MISSING", "DESTROYED", "DAMAGED"].includes(status.kind) ? "is-loss" : "" },
    h("p", { class: "timeline-when" }, status.existence.label || status.existence.text),
    h("p", { class: "timeline-what" }, h("strong", {}, fateName(status.kind)), status.place && h("span", { class: "quiet" }, ` · ${status.place}`)),
    status.note && h("p", {}, status.note),
    sourceLine([...status.sources, ...(status.reference ? [{ text: status.reference, uri: "", pages: "" }] : [])]),
  );
}

/** A note without a pin: its text, subjects, sources, author. */
export function noteBody(note: Note): HTMLElement[] {
  const parts = [
    textInLanguages(note.bodies),
    termList(note.tags),
    sourceList(note.sources),
    note.author ? h("p", { class: "byline" }, note.author) : null,
  ];
  return parts.filter((part): part is HTMLElement => part !== null);
}

function hypothesisNote(hypothesis: Hypothesis): HTMLElement {
  return h(
    "div",
    { class: "reading-note" },
    h("p", {}, `${say("part_of_reading")} `, h("strong", {}, hypothesis.title), hypothesis.author && ` (${hypothesis.author})`),
    hypothesis.buildsOn && h("p", { class: "quiet" }, say("it_builds_on", { title: hypothesis.buildsOn.title })),
    hypothesis.contrastsWith.length > 0 &&
      h("p", { class: "quiet" }, say("others_hold", { titles: hypothesis.contrastsWith.map((rival) => rival.title).join(", ") })),
  );
}

function rights(panel: DocumentFragment, placement: Placement, thing: Thing | null): void {
  const { asset } = placement;
  const revisions = [...(thing?.history ?? []), ...(thing?.asset?.history ?? [])];
  section(
    panel,
    say("rights"),
    asset && h("p", { class: "quiet" }, asset.title, asset.attribution && ` · ${asset.attribution}`),
    asset && h("p", { class: "quiet" }, webLink(asset.rights, rightsName(asset.rights))),
    revisions.length > 0 &&
      h(
        "details",
        { class: "records" },
        h("summary", {}, say("recorded_by", { who: recordedLine(revisions[0]!) })),
        h(
          "ul",
          { class: "lines" },
          ...revisions.map((one) => h("li", {}, one.reason, h("span", { class: "line-source" }, recordedLine(one)))),
          ...(thing?.asset?.report ?? []).map((line) => h("li", { class: "quiet" }, line)),
        ),
      ),
  );
}

/** How to cite it: what, where, which revision, when it was seen; its number, and the model itself where rights allow. */
function citation(panel: DocumentFragment, { placement, exhibition, address, thing }: Asked): void {
  const revision = thing?.history[0];
  const day = new Date().toLocaleDateString(spoken() === "en" ? "en-GB" : spoken(), { day: "numeric", month: "long", year: "numeric" });
  const when = placement.existence.label || placement.existence.text;
  const title = [placement.title, when, placement.asset?.attribution].filter(Boolean).join(", ");
  const seen = revision ? `${day}, ${say("revision", { n: revision.number })}` : day;
  const { asset } = placement;
  const at = asset?.tileset ? `/assets/${encodeURIComponent(asset.id)}` : "";
  section(
    panel,
    say("cite"),
    shareField(say("cite"), say("cite_seen", { title, exhibition, address, day: seen }), say("cite_copy")),
    h("p", { class: "quiet" }, `${say("record_id")}: `, h("code", {}, placement.id)),
    at && h("p", { class: "quiet" }, h("a", { href: `${at}/tileset.json` }, say("record_tiles"))),
    at && h("p", { class: "quiet" }, h("a", { href: `${at}/master`, download: "" }, say("record_master"))),
  );
}
