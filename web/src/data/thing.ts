/** What is known of one thing, asked for when a visitor wants to know: evidence, what became of it, the object, people. */

import { unbound } from "./exhibition";
import type { Note, Person, Source, Span, Title } from "./exhibition";
import { spoken } from "../ui/words";
import { ask } from "./graphql";

export interface ChangeEvent {
  id: string;
  title: string;
  kind: "CREATION" | "MODIFICATION" | "DEMOLITION" | "UNION" | "DIVISION";
  description: string;
  existence: Span;
  predecessors: Title[];
  successors: Title[];
  sources: Source[];
}

export type Relation =
  | "BEFORE"
  | "AFTER"
  | "CONTEMPORARY_WITH"
  | "SAME_TIME_AS"
  | "WITHIN"
  | "CARRIES"
  | "TERMINUS_POST_QUEM"
  | "TERMINUS_ANTE_QUEM";

export interface Statement {
  id: string;
  relation: Relation;
  subject: Title | null;
  object: Title | null;
  date: { label: string } | null;
  end: "START" | "END";
  author: string;
  source: Source | null;
}

export interface Status {
  id: string;
  kind: string;
  existence: Span;
  place: string;
  note: string;
  reference: string;
  sources: Source[];
}

export interface Revision {
  number: number;
  at: string;
  author: string;
  reason: string;
}

export interface Thing {
  citations: Source[];
  period: { label: string; uri: string; authority: string; edition: string } | null;
  generated: { by: string; method: string } | null;
  changeEvents: ChangeEvent[];
  statements: Statement[];
  /** its bounds by its own date and all that is said; null where nothing narrows them */
  narrowed: Span | null;
  /** why these bounds lie where its own date alone would not have them: chains of sentences */
  reasons: string[][];
  history: Revision[];
  asset: {
    identity: Record<IdentityField, string> | null;
    status: Status[];
    history: Revision[];
    report: string[];
  } | null;
}

/** Object ID, in the order in which it is read. */
export const IDENTITY = [
  "title",
  "typeOfObject",
  "subject",
  "materials",
  "measurements",
  "inscriptions",
  "distinguishingFeatures",
  "period",
  "maker",
  "inventoryNumber",
  "description",
] as const;

type IdentityField = (typeof IDENTITY)[number];

const SPAN = `existence { text label(language: $language) startEarliestYear startLatestYear endEarliestYear endLatestYear }`;
const SOURCE = `{ text uri pages }`;
const BOUNDS = ["startEarliest", "startLatest", "endEarliest", "endLatest"] as const;
const DAYS = BOUNDS.map((bound) => `${bound}Day`).join(" ");
const WHY = BOUNDS.map(
  (bound) => `${bound}: why(bound: ${bound.replace(/[A-Z]/, "_$&").toUpperCase()}, hypothesis: $hypothesis) { sentence }`,
).join("\n    ");
const THING = `query Thing($id: ID!, $hypothesis: ID, $language: String!) {
  node(id: $id) { ... on Placement {
    existence { ${DAYS} }
    narrowed(hypothesis: $hypothesis) {
      text label(language: $language) startEarliestYear startLatestYear endEarliestYear endLatestYear ${DAYS}
    }
    ${WHY}
    citations ${SOURCE}
    period { label uri authority edition }
    generated { by method }
    changeEvents { id title kind description ${SPAN} predecessors { id title } successors { id title } sources ${SOURCE} }
    statements(first: 50) { nodes {
      id relation end author date { label(language: $language) } source ${SOURCE}
      subject { id ... on Dated { title } }
      object { id ... on Dated { title } }
    } }
    history(last: 1) { number at author reason }
    asset {
      report
      identity { ${IDENTITY.join(" ")} }
      status { id kind ${SPAN} place note reference sources ${SOURCE} }
      history(last: 4) { number at author reason }
    }
  } }
}`;

type Bound = (typeof BOUNDS)[number];
type Days = Record<`${Bound}Day`, number | null>;
type Answered = Omit<Thing, "statements" | "narrowed" | "reasons"> & {
  existence: Days;
  narrowed: Span & Days;
  statements: { nodes: Statement[] };
} & Record<Bound, { sentence: string }[]>;

/** An answer as the panel wants it: bounds and reasons only where they say more than the thing's own date. */
export function told(node: Answered): Thing {
  const moved = BOUNDS.filter((bound) => node.narrowed[`${bound}Day`] !== node.existence[`${bound}Day`]);
  return {
    ...node,
    statements: node.statements.nodes,
    narrowed: moved.length > 0 ? node.narrowed : null,
    reasons: moved.map((bound) => node[bound].map((step) => step.sentence)),
  };
}

/** All that the museum knows of a placement by a reading. Asked once: it does not depend on the moment. */
export class Things {
  private readonly known = new Map<string, Thing>();
  private readonly asked = new Map<string, Promise<Thing | null>>();

  get(id: string, hypothesis: string | null): Thing | null {
    return this.known.get(`${id} ${hypothesis}`) ?? null;
  }

  /** Null where there is nothing, or the server does not answer: then it may be asked again. */
  load(id: string, hypothesis: string | null): Promise<Thing | null> {
    const key = `${id} ${hypothesis}`;
    let answer = this.asked.get(key);
    if (!answer) {
      answer = ask<{ node: Answered | null }>(THING, { id, hypothesis, language: spoken() })
        .then(({ node }) => {
          if (!node) return null;
          for (const each of [...node.changeEvents, ...(node.asset?.status ?? [])]) unbound(each.existence);
          unbound(node.narrowed);
          const thing = told(node);
          this.known.set(key, thing);
          return thing;
        })
        .catch(() => {
          this.asked.delete(key);
          return null;
        });
      this.asked.set(key, answer);
    }
    return answer;
  }
}

/** What happened to somebody at a thing, as a line of its panel. */
export interface Happening {
  person: string;
  kind: string;
  when: string;
  place: string;
  note: string;
}

/** What happened at a placement to whom, in the order in which people are recorded. */
export function happenings(persons: readonly Person[], placement: string): Happening[] {
  return persons.flatMap((person) =>
    person.events
      .filter((event) => event.placement?.id === placement)
      .map(({ kind, date, existence, place, note }) => ({
        person: person.name,
        kind,
        when: existence?.label ?? date,
        place,
        note,
      })),
  );
}

/** Notes about a thing as a whole; those with a place have a pin. */
export function notesAbout(notes: readonly Note[], placement: string): Note[] {
  return notes.filter((note) => note.anchor.kind === "PLACEMENT" && note.anchor.placement?.id === placement);
}

/** What happened to things of a scene, for the time bar; beyond this many it would be a smear. */
const MOST_EVENTS = 200;

export type DatedEvent = Pick<ChangeEvent, "id" | "title" | "kind" | "existence">;

export async function loadEvents(scene: string): Promise<DatedEvent[]> {
  const { node } = await ask<{ node: { changeEvents: { nodes: DatedEvent[] } } | null }>(
    `query Events($scene: ID!, $language: String!) { node(id: $scene) { ... on Scene {
      changeEvents(first: ${MOST_EVENTS}) { nodes { id title kind ${SPAN} } }
    } } }`,
    { scene, language: spoken() },
  );
  const events = node?.changeEvents.nodes ?? [];
  for (const event of events) unbound(event.existence);
  return events;
}
