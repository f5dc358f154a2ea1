/** What a visitor's page knows of an exhibition, and the query for it. */

import type { YearSpan } from "../time/scale";
import { spoken } from "../ui/words";
import { ask } from "./graphql";

export interface Span extends YearSpan {
  text: string;
  label: string;
}

export interface Point {
  position: [number, number, number];
  target: [number, number, number];
}

export interface Epoch {
  id: string;
  title: string;
  description: string;
  colour: string;
  existence: Span;
}

export interface Title {
  id: string;
  title?: string;
}

export interface Source {
  text: string;
  uri: string;
  pages: string;
}

export interface LocalText {
  text: string;
  language: string;
}

export interface Hypothesis {
  id: string;
  title: string;
  author: string;
  argument: string;
  confidence: number | null;
  buildsOn: { id: string; title: string } | null;
  contrastsWith: { id: string; title: string }[];
  sources: Source[];
}

/** A note, wherever it belongs: at a spot, round a region, about a thing, about the whole scene. */
export interface Note {
  id: string;
  title: string;
  bodies: LocalText[];
  position: [number, number, number] | null;
  anchor: {
    kind: "POINT" | "REGION" | "PLACEMENT" | "SCENE";
    region: [number, number, number][];
    placement: { id: string } | null;
    surface: { drift: number; isFlagged: boolean } | null;
  };
  existence: Span;
  author: string;
  tags: { label: string; uri: string }[];
  sources: Source[];
}

/** A note with a pin. */
export type Annotation = Note & { position: [number, number, number] };

export interface LifeEvent {
  kind: string;
  date: string;
  existence: { label: string } | null;
  place: string;
  placement: { id: string } | null;
  note: string;
}

export interface Person {
  id: string;
  name: string;
  events: LifeEvent[];
}

export interface Placement {
  id: string;
  title: string;
  existence: Span;
  hypothesis: { id: string } | null;
  layer: { id: string; title: string } | null;
  reliability: string;
  reason: string;
  sources: string[];
  transform: number[];
  /** none where the visitor may not see it, or not yet */
  asset: {
    id: string;
    title: string;
    rights: string;
    attribution: string;
    tileset: { triangles: number; extent: { low: [number, number, number]; high: [number, number, number] } } | null;
  } | null;
}

export interface TourStep {
  title: string;
  text: string;
  viewpoint: Point;
  moment: string;
  hypothesis: { id: string } | null;
  audio: Audio | null;
}

export interface Audio {
  url: string;
  asset: { id: string; title: string; attribution: string; media: { digest: string } | null } | null;
  captions: string;
  language: string;
}

export interface Tour {
  id: string;
  title: string;
  description: string;
  steps: TourStep[];
}

export interface Scene {
  id: string;
  title: string;
  description: string;
  defaultMoment: string;
  viewpoint: Point;
  defaultHypothesis: { id: string } | null;
  layers: { id: string; title: string }[];
  epochs: Epoch[];
  hypotheses: Hypothesis[];
  /** those with a place */
  annotations: Annotation[];
  /** those without: about a thing as a whole, or the scene */
  remarks: Note[];
  articles: { id: string; title: string }[];
  tours: Tour[];
  placements: Placement[];
}

export interface Exhibition {
  id: string;
  slug: string;
  title: string;
  description: string;
  scene: Scene;
}

const BOUNDS = `{ text label(language: $language) startEarliestYear startLatestYear endEarliestYear endLatestYear }`;
const SPAN = `existence ${BOUNDS}`;
/** By its own date and all that is said of it relative to others: what the stream goes by, too. */
const NARROWED = `existence: narrowed ${BOUNDS}`;

const SOURCE = `{ text uri pages }`;

const PLACEMENTS = `
  placements(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      id title reliability reason sources transform
      ${NARROWED}
      hypothesis { id }
      layer { id title }
      asset { id title rights attribution tileset { triangles extent { low high } } }
    } }
  }`;

const EXHIBITION = `query Exhibition($slug: String!, $after: String, $language: String!) {
  exhibition(slug: $slug) {
    id slug title description
    scene {
      id title description defaultMoment
      viewpoint { position target }
      defaultHypothesis { id }
      layers { id title }
      epochs { id title description colour ${NARROWED} }
      hypotheses {
        id title author argument confidence buildsOn { id title } contrastsWith { id title } sources ${SOURCE}
      }
      annotations {
        id title author position bodies { text language } tags { label uri } sources ${SOURCE} ${SPAN}
        anchor { kind region placement { id } surface { drift isFlagged } }
      }
      articles { id title }
      tours {
        id title description
        steps {
          title text moment hypothesis { id } viewpoint { position target }
          audio { url captions language asset { id title attribution media { digest } } }
        }
      }
      ${PLACEMENTS}
    }
  }
}`;

const MORE = `query More($scene: ID!, $after: String, $language: String!) {
  node(id: $scene) { ... on Scene { ${PLACEMENTS} } }
}`;

/** Epochs with a date: one without has no place on a bar of time. */
function dated(epochs: Epoch[]): Epoch[] {
  return epochs.filter((epoch) => epoch.existence.text !== "");
}

/** Years beyond any museum's stand for no bound at all. */
export function unbound(span: Span): void {
  const far = (year: number | null): number | null => (year !== null && Math.abs(year) > 1e8 ? null : year);
  span.startEarliestYear = far(span.startEarliestYear);
  span.startLatestYear = far(span.startLatestYear);
  span.endEarliestYear = far(span.endEarliestYear);
  span.endLatestYear = far(span.endLatestYear);
}

interface Page<T> {
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  edges: { node: T }[];
}

type Answered = Omit<Exhibition, "scene"> & {
  scene: Omit<Scene, "placements" | "annotations" | "remarks"> & { placements: Page<Placement>; annotations: Note[] };
};

/** The exhibition with all that belongs to its scene, or null when there is none of that name (or not for us). */
export async function loadExhibition(slug: string, language: string): Promise<Exhibition | null> {
  const { exhibition } = await ask<{ exhibition: Answered | null }>(EXHIBITION, { slug, language });
  if (!exhibition) return null;
  let page = exhibition.scene.placements;
  const placements = page.edges.map((edge) => edge.node);
  while (page.pageInfo.hasNextPage) {
    const more: { node: { placements: Page<Placement> } } = await ask(MORE, {
      scene: exhibition.scene.id,
      after: page.pageInfo.endCursor,
      language,
    });
    page = more.node.placements;
    placements.push(...page.edges.map((edge) => edge.node));
  }
  const { scene } = exhibition;
  scene.epochs = dated(scene.epochs);
  for (const thing of [...scene.epochs, ...scene.annotations, ...placements]) unbound(thing.existence);
  const annotations = scene.annotations.filter((note): note is Annotation => note.position !== null);
  const remarks = scene.annotations.filter((note) => note.position === null);
  return { ...exhibition, scene: { ...scene, placements, annotations, remarks } };
}

const EVENT = `{ kind date existence { label(language: $language) } place placement { id } note }`;
const PEOPLE = `query People($scene: ID!, $persons: String, $families: String, $language: String!) {
  node(id: $scene) { ... on Scene {
    persons(first: 100, after: $persons) {
      pageInfo { hasNextPage endCursor }
      edges { node { id name birth ${EVENT} death ${EVENT} events ${EVENT} } }
    }
    families(first: 100, after: $families) {
      pageInfo { hasNextPage endCursor }
      edges { node { id marriage ${EVENT} events ${EVENT} partners { name } } }
    }
  } }
}`;

/** Beyond, the panel of a thing does without: a village's registers are long, and few visitors ask. */
const MOST_PAGES = 10;

/** People of a scene and what happened to them where; what happened to couples counts as theirs together. */
export async function loadPeople(scene: string): Promise<Person[]> {
  interface Answer {
    node: {
      persons: Page<{ id: string; name: string; birth: LifeEvent | null; death: LifeEvent | null; events: LifeEvent[] }>;
      families: Page<{ id: string; marriage: LifeEvent | null; events: LifeEvent[]; partners: { name: string }[] }>;
    } | null;
  }
  const found: Person[] = [];
  const couples: Person[] = [];
  const told = (...events: (LifeEvent | null)[]): LifeEvent[] => events.filter((event): event is LifeEvent => event !== null);
  let persons: string | null = null;
  let families: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: Answer = await ask(PEOPLE, { scene, persons, families, language: spoken() });
    if (!answer.node) break;
    for (const { node } of answer.node.persons.edges) {
      found.push({ id: node.id, name: node.name, events: told(node.birth, ...node.events, node.death) });
    }
    for (const { node } of answer.node.families.edges) {
      const name = node.partners.map((partner) => partner.name).join(" and ");
      couples.push({ id: node.id, name, events: told(node.marriage, ...node.events) });
    }
    const more = [answer.node.persons.pageInfo, answer.node.families.pageInfo];
    if (!more.some((info) => info.hasNextPage)) break;
    // The end of a list is asked for again until the other has come to its own; it then answers nothing.
    persons = more[0]!.endCursor ?? persons;
    families = more[1]!.endCursor ?? families;
  }
  return [...found, ...couples];
}

/** What is served of a picture. */
interface Shown {
  digest: string;
  width: number | null;
  height: number | null;
}

export interface Article {
  id: string;
  title: string;
  bodies: LocalText[];
  existence: Span | null;
  author: string;
  sources: Source[];
  pictures: { url: string; caption: string; credit: string; asset: { id: string; media: Shown | null } | null }[];
}

export async function loadArticle(id: string): Promise<Article | null> {
  const { node } = await ask<{ node: Article | null }>(
    `query Article($id: ID!, $language: String!) { node(id: $id) { ... on Article {
      id title author bodies { text language } ${SPAN} sources ${SOURCE}
      pictures { url caption credit asset { id media { digest width height } } }
    } } }`,
    { id, language: spoken() },
  );
  return node;
}

/** "Why we think so" of one moment, by placement id. */
export async function loadReasons(
  scene: string,
  time: string,
  hypothesis: string | null,
): Promise<Map<string, { certainty: string; reason: string }>> {
  const answer = await ask<{
    node: { at: { placements: { placement: { id: string }; certainty: string; reason: string }[] } } | null;
  }>(
    `query Reasons($scene: ID!, $time: String!, $hypothesis: ID) {
      node(id: $scene) { ... on Scene { at(time: $time, hypothesis: $hypothesis) {
        placements { placement { id } certainty reason }
      } } }
    }`,
    { scene, time, hypothesis },
  );
  return new Map((answer.node?.at.placements ?? []).map((standing) => [standing.placement.id, standing]));
}
