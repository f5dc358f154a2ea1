/** What a visitor's page knows of an exhibition, and the query for it. */

import type { YearSpan } from "../time/scale";
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

export interface Hypothesis {
  id: string;
  title: string;
  author: string;
  argument: string;
  contrastsWith: { id: string; title: string }[];
}

export interface Annotation {
  id: string;
  title: string;
  body: string;
  position: [number, number, number];
  language: string;
  existence: Span;
  placement: { id: string } | null;
  author: string;
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
  asset: {
    id: string;
    title: string;
    rights: string;
    attribution: string;
    tileset: { triangles: number; extent: { low: number[]; high: number[] } } | null;
  };
}

export interface TourStep {
  title: string;
  text: string;
  viewpoint: Point;
  moment: string;
  hypothesis: { id: string } | null;
}

export interface Tour {
  id: string;
  title: string;
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
  annotations: Annotation[];
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

const BOUNDS = `{ text label startEarliestYear startLatestYear endEarliestYear endLatestYear }`;
const SPAN = `existence ${BOUNDS}`;
/** By its own date and all that is said of it relative to others: what the stream goes by, too. */
const NARROWED = `existence: narrowed ${BOUNDS}`;

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

const EXHIBITION = `query Exhibition($slug: String!, $after: String) {
  exhibition(slug: $slug) {
    id slug title description
    scene {
      id title description defaultMoment
      viewpoint { position target }
      defaultHypothesis { id }
      layers { id title }
      epochs { id title description colour ${NARROWED} }
      hypotheses { id title author argument contrastsWith { id title } }
      annotations { id title body position language author placement { id } ${SPAN} }
      tours { id title steps { title text moment hypothesis { id } viewpoint { position target } } }
      ${PLACEMENTS}
    }
  }
}`;

const MORE = `query More($scene: ID!, $after: String) {
  node(id: $scene) { ... on Scene { ${PLACEMENTS} } }
}`;

/** Epochs with a date: one without has no place on a bar of time. */
function dated(epochs: Epoch[]): Epoch[] {
  return epochs.filter((epoch) => epoch.existence.text !== "");
}

/** Years beyond any museum's stand for no bound at all. */
function unbound(span: Span): void {
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

type Answered = Omit<Exhibition, "scene"> & { scene: Omit<Scene, "placements"> & { placements: Page<Placement> } };

/** The exhibition with all that belongs to its scene, or null when there is none of that name (or not for us). */
export async function loadExhibition(slug: string): Promise<Exhibition | null> {
  const { exhibition } = await ask<{ exhibition: Answered | null }>(EXHIBITION, { slug });
  if (!exhibition) return null;
  let page = exhibition.scene.placements;
  const placements = page.edges.map((edge) => edge.node);
  while (page.pageInfo.hasNextPage) {
    const more: { node: { placements: Page<Placement> } } = await ask(MORE, {
      scene: exhibition.scene.id,
      after: page.pageInfo.endCursor,
    });
    page = more.node.placements;
    placements.push(...page.edges.map((edge) => edge.node));
  }
  const { scene } = exhibition;
  scene.epochs = dated(scene.epochs);
  // A note about the scene or a thing as a whole has no pin.
  scene.annotations = scene.annotations.filter((annotation) => annotation.position !== null);
  for (const thing of [...scene.epochs, ...scene.annotations, ...placements]) unbound(thing.existence);
  return { ...exhibition, scene: { ...scene, placements } };
}

export interface Card {
  slug: string;
  title: string;
  description: string;
  scene: { title: string; epochs: Epoch[] };
}

export async function loadGallery(): Promise<Card[]> {
  const { exhibitions } = await ask<{ exhibitions: Page<Card> }>(`{
    exhibitions(first: 50) {
      pageInfo { hasNextPage endCursor }
      edges { node { slug title description scene { title epochs { id title description colour ${SPAN} } } } }
    }
  }`);
  const cards = exhibitions.edges.map((edge) => edge.node);
  for (const { scene } of cards) {
    scene.epochs = dated(scene.epochs);
    for (const epoch of scene.epochs) unbound(epoch.existence);
  }
  return cards;
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
