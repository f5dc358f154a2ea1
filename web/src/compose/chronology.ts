/** What is said of when things stood relative to one another, and what of that cannot be true together. */

import { ask } from "../data/graphql";
import type { Relation, Statement } from "../data/thing";
import { spoken } from "../ui/words";

export interface Chronology {
  said: Statement[];
  contradictions: { sentences: string[]; statements: { id: string }[] }[];
}

export const NOTHING_SAID: Chronology = { said: [], contradictions: [] };

const NAMED = `... on Dated { id title }`;
const SAID = `query Said($id: ID!, $after: String, $language: String!) {
  scene(id: $id) {
    chronology {
      contradictions(first: 20) { sentences(language: $language) statements { id } }
      statements(first: 100, after: $after) {
        nodes { id relation end author subject { ${NAMED} } object { ${NAMED} } date { label(language: $language) } source { text uri pages } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`;

export async function loadChronology(scene: string): Promise<Chronology> {
  interface Answer {
    scene: {
      chronology: {
        contradictions: Chronology["contradictions"];
        statements: { nodes: Statement[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
      };
    } | null;
  }
  const said: Statement[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: Answer = await ask<Answer>(SAID, { id: scene, after, language: spoken() });
    if (!answer.scene) return NOTHING_SAID;
    const { contradictions, statements }: NonNullable<Answer["scene"]>["chronology"] = answer.scene.chronology;
    said.push(...statements.nodes);
    if (!statements.pageInfo.hasNextPage) return { said, contradictions };
    after = statements.pageInfo.endCursor;
  }
}

export interface NewStatement {
  relation: Relation;
  subject: string;
  object: string;
  author: string;
}

/** Refused, in words, where it contradicts what is said already. */
export async function sayRelation(scene: string, statement: NewStatement): Promise<void> {
  await ask(`mutation Said($input: CreateChronologyStatementInput!) { createChronologyStatement(input: $input) { revision { number } } }`, {
    input: { scene, ...statement },
  });
}

export async function unsayRelation(id: string): Promise<void> {
  await ask(`mutation Unsaid($id: ID!) { removeChronologyStatement(id: $id) { revision { number } } }`, { id });
}
