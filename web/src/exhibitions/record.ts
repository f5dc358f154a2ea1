/** An exhibition as a curator knows it, and what can be done with it. */

import { ask } from "../data/graphql";
import { wholeList } from "../data/pages";

export type Audience = "DRAFT" | "MEMBERS" | "PUBLIC";

export interface Change {
  number: number;
  at: string;
  author: string;
  reason: string;
}

export interface Exhibition {
  id: string;
  slug: string;
  title: string;
  description: string;
  visibility: Audience;
  scene: { id: string; title: string } | null;
}

const FIELDS = "id slug title description visibility scene { id title }";

/** All that one may know of, the latest first. */
export async function loadExhibitions(): Promise<Exhibition[]> {
  const found = await wholeList<Exhibition>(
    `query Exhibitions($after: String) { exhibitions(first: 100, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`,
  );
  return found.reverse();
}

/** Who changed it, when and why, the latest first. */
export async function historyOf(id: string): Promise<Change[]> {
  const { node } = await ask<{ node: { history: Change[] } | null }>(
    `query History($id: ID!) { node(id: $id) { ... on Recorded { history(last: 100) { number at author reason } } } }`,
    { id },
  );
  return node?.history ?? [];
}

export async function publish(id: string, audience: Audience, reason: string): Promise<void> {
  await ask(
    `mutation Publish($id: ID!, $audience: Visibility!, $reason: String!) { publishExhibition(id: $id, audience: $audience, reason: $reason) { revision { number } } }`,
    { id, audience, reason },
  );
}

export async function unpublish(id: string, reason: string): Promise<void> {
  await ask(`mutation TakeBack($id: ID!, $reason: String!) { unpublishExhibition(id: $id, reason: $reason) { revision { number } } }`, { id, reason });
}

export async function change(id: string, fields: { title: string; description: string; slug: string }): Promise<void> {
  await ask(`mutation Change($input: UpdateExhibitionInput!) { updateExhibition(input: $input) { revision { number } } }`, { input: { id, ...fields } });
}

export async function create(scene: string, title: string): Promise<void> {
  await ask(`mutation Make($input: CreateExhibitionInput!) { createExhibition(input: $input) { exhibition { id } } }`, {
    input: { scene, title, slug: slugOf(title) },
  });
}

/**
 * The last part of an address, out of a title: "Die Römer in Köln" is `die-romer-in-koln`. Of a title without any letter
 * that an address may have, it is made of the day.
 */
export function slugOf(title: string, today = new Date()): string {
  const plain = title
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("æ", "ae")
    .replaceAll("ø", "o")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return plain.slice(0, 60).replace(/-+$/, "") || `exhibition-${today.toISOString().slice(0, 10)}`;
}
