/** How we know: reliability, sources, vocabulary, who wrote it down. */

import type { Source } from "../data/exhibition";
import type { Revision } from "../data/thing";
import { h } from "./dom";
import { say, spoken } from "./words";
import type { Word } from "./words";

/** Extended Matrix classes, in plain words; the stream writes `USVs`, GraphQL `USVS`. */
const RELIABILITY: Readonly<Record<string, [title: Word, meaning: Word]>> = {
  US: ["em_us", "em_us_means"],
  USVS: ["em_usvs", "em_usvs_means"],
  USVN: ["em_usvn", "em_usvn_means"],
  SF: ["em_sf", "em_sf_means"],
  VSF: ["em_vsf", "em_vsf_means"],
};

export function reliabilityTag(text: string): HTMLElement {
  const reliability = text.toUpperCase();
  const known = RELIABILITY[reliability];
  return h(
    "span",
    { class: `tag tag-${known ? reliability : "other"}`, title: known ? say(known[1]) : "" },
    known ? say(known[0]) : text,
  );
}

/** The class as a tag, and what it means beside it. */
export function reliabilityLine(text: string): HTMLElement {
  const known = RELIABILITY[text.toUpperCase()];
  return h("p", { class: "reliability" }, reliabilityTag(text), known ? ` ${say(known[1])}` : "");
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
  return h("ul", { class: "terms", "aria-label": say("subjects") }, ...terms.map((term) => h("li", {}, webLink(term.uri, term.label))));
}

/** "6 April 2026". */
export function dayOf(instant: string): string {
  return new Date(instant).toLocaleDateString(spoken() === "en" ? "en-GB" : spoken(), { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

/** Who wrote something down, and when. */
export function recordedLine(revision: Revision): string {
  return `${revision.author}, ${dayOf(revision.at)}`;
}
