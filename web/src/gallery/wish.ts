/** What a visitor looks for: words, a place, kinds, years; as the address has it, and what of the gallery it leaves. */

import type { Entry, Kind } from "../data/gallery";

export const KINDS: readonly Kind[] = ["REMAINS", "RECONSTRUCTION", "RIVALS", "TOUR", "PEOPLE"];
const MOST_LETTERS = 200;

export interface Wish {
  words: string;
  /** name of a place; empty: any */
  place: string;
  /** all of these */
  kinds: readonly Kind[];
  /** astronomical years; null: from the beginning, until today */
  from: number | null;
  to: number | null;
}

export const ANYTHING: Wish = { words: "", place: "", kinds: [], from: null, to: null };

/** The wish in an address; what cannot be read is no wish. */
export function wishIn(query: URLSearchParams): Wish {
  const asked = query.getAll("kind").flatMap((text) => text.toUpperCase().split(","));
  const from = yearIn(query.get("from"));
  const to = yearIn(query.get("to"));
  const turned = from !== null && to !== null && from > to;
  return {
    words: (query.get("q") ?? "").slice(0, MOST_LETTERS),
    place: query.get("place") ?? "",
    kinds: KINDS.filter((kind) => asked.includes(kind)),
    from: turned ? to : from,
    to: turned ? from : to,
  };
}

/** An address with a wish in it; whatever else it says stays. */
export function withWish(query: URLSearchParams, wish: Wish): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const name of ["q", "place", "kind", "from", "to"]) changed.delete(name);
  if (wish.words.trim()) changed.set("q", wish.words.trim());
  if (wish.place) changed.set("place", wish.place);
  if (wish.kinds.length > 0) changed.set("kind", wish.kinds.join(",").toLowerCase());
  if (wish.from !== null) changed.set("from", String(wish.from));
  if (wish.to !== null) changed.set("to", String(wish.to));
  return changed;
}

export function isAnything(wish: Wish): boolean {
  return !wish.words.trim() && !wish.place && wish.kinds.length === 0 && wish.from === null && wish.to === null;
}

/** Those of the entries, which were found by the words already, that the rest of the wish leaves, in their order. */
export function left(entries: readonly Entry[], wish: Wish): Entry[] {
  return entries.filter(
    (entry) =>
      (!wish.place || entry.place === wish.place) && wish.kinds.every((kind) => entry.kinds.includes(kind)) && reaches(entry, wish),
  );
}

/** Whether anything of it stood in these years; of what is not dated that cannot be said. */
function reaches({ firstYear, lastYear, epochs }: Entry, { from, to }: Wish): boolean {
  if (from === null && to === null) return true;
  if (epochs.length === 0 && firstYear === null && lastYear === null) return false;
  return (to === null || firstYear === null || firstYear <= to) && (from === null || lastYear === null || lastYear >= from);
}

/** Names of places with the number of exhibitions there, by name. */
export function placesOf(entries: readonly Entry[], language: string): [string, number][] {
  const counts = new Map<string, number>();
  for (const { place } of entries) if (place) counts.set(place, (counts.get(place) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b, language));
}

/** Kinds that some have and some don't: one that all have, or none, parts nothing. */
export function partingKinds(entries: readonly Entry[]): Kind[] {
  return KINDS.filter((kind) => {
    const count = entries.filter((entry) => entry.kinds.includes(kind)).length;
    return count > 0 && count < entries.length;
  });
}

function yearIn(text: string | null): number | null {
  return text !== null && /^-?\d{1,6}$/.test(text) ? Number(text) : null;
}
