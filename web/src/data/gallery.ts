/** What the gallery knows of exhibitions, and the query for it. */

import { spoken } from "../ui/words";
import { unbound } from "./exhibition";
import type { Epoch } from "./exhibition";
import { ask } from "./graphql";

export type Kind = "REMAINS" | "RECONSTRUCTION" | "RIVALS" | "TOUR" | "PEOPLE";
export type FoundIn = "TITLE" | "PLACE" | "EPOCH" | "PERSON" | "THING" | "STORY" | "DESCRIPTION";

export interface Found {
  kind: FoundIn;
  text: string;
}

export interface Entry {
  slug: string;
  title: string;
  description: string;
  place: string;
  kinds: Kind[];
  /** astronomical; null: no beginning, or nothing is dated */
  firstYear: number | null;
  /** astronomical; null: it lasts, or nothing is dated */
  lastYear: number | null;
  epochs: Epoch[];
  /** why it was found */
  found: Found[];
}

interface Answered extends Omit<Entry, "slug" | "title" | "description" | "epochs"> {
  exhibition: { slug: string; title: string; description: string; scene: { epochs: Epoch[] } | null };
}

const GALLERY = `query Gallery($search: String!, $language: String!) {
  gallery(search: $search, first: 200) {
    place kinds firstYear lastYear found { kind text }
    exhibition { slug title description scene { epochs {
      id title colour
      existence { text label(language: $language) startEarliestYear startLatestYear endEarliestYear endLatestYear }
    } } }
  }
}`;

/** Exhibitions in which all words are found, the best first; without words, all of them. */
export async function loadGallery(search: string): Promise<Entry[]> {
  const { gallery } = await ask<{ gallery: Answered[] }>(GALLERY, { search, language: spoken() });
  return gallery.map(({ exhibition, ...entry }) => {
    const epochs = (exhibition.scene?.epochs ?? []).filter((epoch) => epoch.existence.text !== "");
    for (const epoch of epochs) unbound(epoch.existence);
    return { ...entry, slug: exhibition.slug, title: exhibition.title, description: exhibition.description, epochs };
  });
}
