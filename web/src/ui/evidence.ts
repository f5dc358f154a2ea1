/** How we know: reliability, sources, vocabulary, who wrote it down. */

import type { Source } from "../data/exhibition";
import type { Revision } from "../data/thing";
import { h } from "./dom";

/** Extended Matrix classes, in plain words; the stream writes `USVs`, GraphQL `USVS`. */
const RELIABILITY: Record<string, { title: string; meaning: string }> = {
  US: { title: "Real", meaning: "stands or lies where it was found" },
  USVS: { title: "Rebuilt on evidence", meaning: "reconstructed from what was found in this place" },
  USVN: { title: "Rebuilt by analogy", meaning: "reconstructed from comparable sites or written sources" },
  SF: { title: "Real, moved", meaning: "a find that is no longer in its first place" },
  VSF: { title: "Restored find", meaning: "a find, completed and put back by reasoning" },
};

export function reliabilityTag(text: string): HTMLElement {
  const reliability = text.toUpperCase();
  const known = RELIABILITY[reliability];
  return h(
    "span",
    { class: `tag tag-${known ? reliability : "other"}`, title: known?.meaning ?? "" },
    known?.title ?? text,
  );
}

/** The class as a tag, and what it means beside it. */
export function reliabilityLine(text: string): HTMLElement {
  const known = RELIABILITY[text.toUpperCase()];
  return h("p", { class: "reliability" }, reliabilityTag(text), known ? ` ${known.meaning}` : "");
}

/** A link to another place of the web, which opens beside this page. */
export function webLink(address: string, text: string): Node | string {
  return /^https?:\/\//.test(address) ? h("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, text) : text;
}

function cited(source: Source): HTMLElement {
  return h("li", {}, source.uri ? webLink(source.uri, source.text) : source.text, source.pages && `, ${source.pages}`);
}

export function sourceList(sources: readonly Source[]): HTMLElement | null {
  return sources.length > 0 ? h("ol", { class: "sources" }, ...sources.map(cited)) : null;
}

/** Sources in one line, for what is said in a line itself. */
export function sourceLine(sources: readonly (Source | null)[], author = ""): HTMLElement | null {
  const known = sources.filter((source): source is Source => source !== null);
  if (known.length === 0 && author === "") return null;
  const parts = known.map((source) => {
    const text = [source.text, source.pages].filter(Boolean).join(", ");
    return source.uri ? webLink(source.uri, text) : text;
  });
  const line = h("span", { class: "line-source" });
  parts.forEach((part, number) => line.append(number > 0 ? "; " : "", part));
  if (author !== "" && known.length === 0) line.append(author);
  return line;
}

export function termList(terms: readonly { label: string; uri: string }[]): HTMLElement | null {
  if (terms.length === 0) return null;
  return h("ul", { class: "terms", "aria-label": "Subjects" }, ...terms.map((term) => h("li", {}, webLink(term.uri, term.label))));
}

/** "6 April 2026". */
export function dayOf(instant: string): string {
  return new Date(instant).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

/** Who wrote something down, and when. */
export function recordedLine(revision: Revision): string {
  return `${revision.author}, ${dayOf(revision.at)}`;
}
