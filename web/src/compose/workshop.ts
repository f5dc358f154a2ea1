/** A scene as a curator works on it: its records, and the edits of what stands in it. */

import type { Epoch, Point, Span } from "../data/exhibition";
import { unbound } from "../data/exhibition";
import { ApiError, ask } from "../data/graphql";
import { wholeList } from "../data/pages";
import { spoken } from "../ui/words";
import type { Step } from "./journal";

export interface Thing {
  id: string;
  revision: number;
  title: string;
  /** its own date */
  existence: Span;
  /** what follows from it and from all that is said of it relative to others */
  narrowed: Span;
  transform: number[];
  reliability: string;
  reason: string;
  hypothesis: { id: string } | null;
  layer: { id: string; title: string };
  asset: { id: string; title: string } | null;
}

export interface Workshop {
  id: string;
  title: string;
  defaultMoment: string;
  viewpoint: Point;
  defaultHypothesis: { id: string } | null;
  layers: { id: string; title: string }[];
  hypotheses: { id: string; title: string }[];
  epochs: Epoch[];
  things: Thing[];
}

interface Page<T> {
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  edges: { node: T }[];
}

const SPAN = `{ text label(language: $language) startEarliestYear startLatestYear endEarliestYear endLatestYear }`;
const THING = `id revision title existence ${SPAN} narrowed ${SPAN} transform reliability reason hypothesis { id } layer { id title } asset { id title }`;
const THINGS = `placements(first: 100, after: $after) { pageInfo { hasNextPage endCursor } edges { node { ${THING} } } }`;
const SCENE = `query Workshop($id: ID!, $after: String, $language: String!) {
  scene(id: $id) {
    id title defaultMoment viewpoint { position target } defaultHypothesis { id } layers { id title } hypotheses { id title }
    epochs { id title description colour existence: narrowed ${SPAN} }
    ${THINGS}
  }
}`;

type Answer = { scene: (Omit<Workshop, "things"> & { placements: Page<Thing> }) | null };

/** The scene with all that stands in it; null where there is none, or it is not for us. */
export async function loadWorkshop(id: string): Promise<Workshop | null> {
  const language = spoken();
  let after: string | null = null;
  const things: Thing[] = [];
  for (;;) {
    const { scene }: Answer = await ask<Answer>(SCENE, { id, after, language });
    if (!scene) return null;
    things.push(...scene.placements.edges.map(({ node }) => node));
    if (!scene.placements.pageInfo.hasNextPage) {
      for (const { existence, narrowed } of things) [existence, narrowed].forEach(unbound);
      const epochs = scene.epochs.filter(({ existence }) => existence.text !== "");
      for (const { existence } of epochs) unbound(existence);
      return { ...scene, epochs, things };
    }
    after = scene.placements.pageInfo.endCursor;
  }
}

export interface Proposal {
  text: string;
  label: string;
  assumptions: string[];
}

/** What a text may mean as a date, the likeliest first; or why it means none. */
export async function proposals(text: string): Promise<{ proposals: Proposal[]; reason: string | null }> {
  const { proposeDates } = await ask<{ proposeDates: { proposals: Proposal[]; reason: string | null } }>(
    `query Dates($text: String!, $language: String!) {
      proposeDates(text: $text, language: $language) { proposals { text label assumptions } reason }
    }`,
    { text, language: spoken() },
  );
  return proposeDates;
}

export interface Stock {
  id: string;
  title: string;
}

/** Things of the museum that can be placed. */
export async function loadStock(): Promise<Stock[]> {
  interface Asset extends Stock {
    masterName: string;
    tileset: { tiles: number } | null;
  }
  const assets = await wholeList<Asset>(
    `query Stock($after: String) {
      assets(first: 100, after: $after) { nodes { id title masterName tileset { tiles } } pageInfo { hasNextPage endCursor } }
    }`,
  );
  return assets.filter(({ tileset }) => tileset).map(({ id, title, masterName }) => ({ id, title: title || masterName }));
}

/** Says edits to the museum. Things that were made here are known by keys until the museum has given them an id. */
export class Writer {
  private readonly ids = new Map<string, string>();
  private readonly revisions = new Map<string, number>();

  /** The records as they were read: what is edited from now on is edited over them. */
  read(things: readonly Thing[]): void {
    for (const { id, revision } of things) this.revisions.set(id, Math.max(revision, this.revisions.get(id) ?? 0));
  }

  idOf(key: string): string {
    return this.ids.get(key) ?? key;
  }

  async send(step: Step): Promise<void> {
    switch (step.kind) {
      case "edit": {
        const id = this.idOf(step.id);
        const { updatePlacement: done } = await ask<{ updatePlacement: { placement: { revision: number } } }>(
          `mutation Edit($input: UpdatePlacementInput!) { updatePlacement(input: $input) { placement { revision } } }`,
          { input: { id, ...step.fields, expectedRevision: this.revisions.get(id) ?? null } },
        );
        this.revisions.set(id, done.placement.revision);
        break;
      }
      case "create": {
        const known = this.ids.get(step.key) ?? (step.key.startsWith("new-") ? null : step.key);
        if (known) {
          await ask(`mutation Back($id: ID!) { restore(id: $id) { revision { number } } }`, { id: known });
          this.revisions.delete(known);
          break;
        }
        const { createPlacement: done } = await ask<{ createPlacement: { placement: { id: string; revision: number } } }>(
          `mutation Place($input: CreatePlacementInput!) { createPlacement(input: $input) { placement { id revision } } }`,
          { input: step.fields },
        );
        this.ids.set(step.key, done.placement.id);
        this.revisions.set(done.placement.id, done.placement.revision);
        break;
      }
      case "remove":
        await ask(`mutation Remove($id: ID!) { removePlacement(id: $id) { revision { number } } }`, { id: this.idOf(step.key) });
        break;
    }
  }
}

/** Whether an edit failed because the museum could not be reached. */
export function isOffline(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "OFFLINE" || error.code === "HTTP" || error.code === "UNAVAILABLE");
}
