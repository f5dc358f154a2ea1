/** What is told in a scene, as a curator edits it: notes, tours, longer texts; and the files that they are told with. */

import { ask } from "../data/graphql";
import { wholeList } from "../data/pages";

export interface LocalText {
  language: string;
  text: string;
}

export interface Viewpoint {
  position: [number, number, number];
  target: [number, number, number];
}

export interface Note {
  id: string;
  revision: number;
  title: string;
  bodies: LocalText[];
  position: [number, number, number] | null;
  placement: { id: string; title: string } | null;
  existence: { text: string };
}

export interface Stop {
  title: string;
  text: string;
  moment: string;
  viewpoint: Viewpoint;
  hypothesis: { id: string } | null;
  audio: { url: string; captions: string; language: string; asset: { id: string } | null } | null;
}

export interface Tour {
  id: string;
  revision: number;
  title: string;
  description: string;
  steps: Stop[];
}

export interface Article {
  id: string;
  revision: number;
  title: string;
  bodies: LocalText[];
  pictures: { url: string; caption: string; credit: string; asset: { id: string } | null }[];
  existence: { text: string } | null;
}

export interface Told {
  annotations: Note[];
  tours: Tour[];
  articles: Article[];
}

/** A recording or a picture that can be heard or seen in a story. */
export interface Medium {
  id: string;
  title: string;
  isSound: boolean;
}

const TOLD = `query Told($id: ID!) {
  scene(id: $id) {
    annotations { id revision title bodies { language text } position placement { id title } existence { text } }
    tours {
      id revision title description
      steps { title text moment viewpoint { position target } hypothesis { id } audio { url captions language asset { id } } }
    }
    articles { id revision title bodies { language text } pictures { url caption credit asset { id } } existence { text } }
  }
}`;

export async function loadTold(scene: string): Promise<Told> {
  const { scene: found } = await ask<{ scene: Told | null }>(TOLD, { id: scene });
  return found ?? { annotations: [], tours: [], articles: [] };
}

export async function loadMedia(): Promise<Medium[]> {
  interface Asset {
    id: string;
    title: string;
    masterName: string;
    media: { duration: number | null } | null;
  }
  const assets = await wholeList<Asset>(
    `query Media($after: String) { assets(first: 100, after: $after) { nodes { id title masterName media { duration } } pageInfo { hasNextPage endCursor } } }`,
  );
  return assets.flatMap(({ id, title, masterName, media }) => (media ? [{ id, title: title || masterName, isSound: media.duration !== null }] : []));
}

const KINDS = {
  Annotation: "annotation",
  Tour: "tour",
  Article: "article",
} as const;
export type Kind = keyof typeof KINDS;

/** Writes a new record, or changes one over the revision at which it was read (null: whatever it is now); answers its id. */
export async function write(kind: Kind, scene: string, was: { id: string; revision: number | null } | null, fields: Record<string, unknown>): Promise<string> {
  const verb = was ? "update" : "create";
  const input = was ? { id: was.id, expectedRevision: was.revision, ...fields } : { scene, ...fields };
  const name = `${verb}${kind}`;
  const answer = await ask<Record<string, Record<string, { id: string }>>>(
    `mutation Tell($input: ${was ? "Update" : "Create"}${kind}Input!) { ${name}(input: $input) { ${KINDS[kind]} { id } } }`,
    { input },
  );
  return answer[name]![KINDS[kind]]!.id;
}

export async function remove(kind: Kind, id: string): Promise<void> {
  await ask(`mutation Untell($id: ID!) { remove${kind}(id: $id) { revision { number } } }`, { id });
}

/** Steps of a tour as the museum takes them. */
export function stepsInput(steps: readonly Stop[]): object[] {
  return steps.map(({ hypothesis, audio, ...step }) => ({
    ...step,
    hypothesis: hypothesis?.id ?? null,
    // What a deposited file is served by is the museum's to say.
    audio: audio && { url: audio.asset ? "" : audio.url, asset: audio.asset?.id ?? null, captions: audio.captions, language: audio.language },
  }));
}
