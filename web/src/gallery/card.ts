/** An exhibition as a card: its picture, made by the museum, its time as a ribbon, and what it is. */

import type { Entry, Found, Kind } from "../data/gallery";
import type { Epoch } from "../data/exhibition";
import { TimeScale } from "../time/scale";
import { yearLabel } from "../time/years";
import { h, icon } from "../ui/dom";
import { many, say } from "../ui/words";
import type { Word } from "../ui/words";

const ICONS: Record<Kind, string> = { REMAINS: "target", RECONSTRUCTION: "study", RIVALS: "fork", TOUR: "tour", PEOPLE: "people" };
const KIND_WORDS: Record<Kind, Word> = {
  REMAINS: "kind_remains",
  RECONSTRUCTION: "kind_reconstruction",
  RIVALS: "kind_rivals",
  TOUR: "kind_tour",
  PEOPLE: "kind_people",
};

export function kindWord(kind: Kind): string {
  return say(KIND_WORDS[kind]);
}

export function kindIcon(kind: Kind): SVGSVGElement {
  return icon(ICONS[kind]);
}

/** `first`: the one on top of the page, large, and fetched at once. */
export function cardOf(entry: Entry, { first }: { first: boolean }): HTMLElement {
  const address = `/exhibitions/${encodeURIComponent(entry.slug)}`;
  const kept = new URLSearchParams(location.search).get("lang");
  return h(
    "article",
    { class: first ? "card card-first" : "card" },
    h("div", { class: "card-picture" }, pictureOf(address, first), ribbon(entry.epochs)),
    h(
      "div",
      { class: "card-words" },
      h("p", { class: "card-span" }, [entry.place !== entry.title && entry.place, reachOf(entry)].filter(Boolean).join(" · ")),
      // The whole card is the link's to click, its title alone is its name.
      h("h2", {}, h("a", { class: "card-link", href: kept ? `${address}?lang=${encodeURIComponent(kept)}` : address }, entry.title)),
      h("p", { class: "prose" }, plain(entry.description)),
      entry.found.length > 0 && foundIn(entry.found),
      entry.kinds.length > 0 && h("ul", { class: "card-kinds" }, ...entry.kinds.map((kind) => h("li", {}, kindIcon(kind), kindWord(kind)))),
    ),
  );
}

function pictureOf(address: string, first: boolean): HTMLImageElement {
  // Without words: what it shows is told beside it, and in the exhibition thing by thing.
  const picture = h("img", {
    alt: "",
    width: first ? 1200 : 640,
    height: first ? 630 : 400,
    decoding: "async",
    loading: first ? "eager" : "lazy",
    fetchpriority: first ? "high" : undefined,
    src: `${address}/${first ? "share.jpg" : "card.webp"}`,
  });
  // There may be nothing to be seen in it yet: then the ribbon is its picture.
  picture.addEventListener("error", () => picture.remove());
  picture.addEventListener("load", () => picture.classList.add("is-there"));
  return picture;
}

function foundIn(found: readonly Found[]): HTMLElement {
  return h("p", { class: "card-found" }, `${say("gallery_found")} `, ...found.flatMap(({ text }, at) => [at > 0 && ", ", h("mark", {}, text)]));
}

/** A curator's description without its markup. */
function plain(html: string): string {
  return new DOMParser().parseFromString(html, "text/html").body.textContent ?? "";
}

/** A place's history as a ribbon of its epochs. */
function ribbon(epochs: readonly Epoch[]): HTMLElement {
  const scale = TimeScale.over(
    epochs.map((epoch) => epoch.existence),
    new Date().getFullYear(),
  );
  const row = h("div", { class: "ribbon", "aria-hidden": "true" });
  for (const { existence, colour } of epochs) {
    const tone = /^#[0-9a-f]{6}$/i.test(colour) ? colour : "#8a8378";
    const from = scale.place(existence.startEarliestYear ?? scale.first);
    const full = scale.place(existence.startLatestYear ?? existence.startEarliestYear ?? scale.first);
    const fading = existence.endEarliestYear === null ? 1 : scale.place(existence.endEarliestYear + 1);
    const to = existence.endLatestYear === null ? 1 : scale.place(existence.endLatestYear + 1);
    const band = h("span");
    const width = Math.max(to - from, 0.002);
    band.style.left = `${from * 100}%`;
    band.style.width = `${width * 100}%`;
    const at = (place: number): string => `${((place - from) / width) * 100}%`;
    band.style.background = `linear-gradient(90deg, ${tone}00, ${tone} ${at(Math.min(full, fading))}, ${tone} ${at(Math.max(full, fading))}, ${tone}00)`;
    row.append(band);
  }
  return row;
}

function reachOf({ epochs, firstYear, lastYear }: Entry): string {
  if (firstYear === null && lastYear === null) return many("epochs", epochs.length);
  const first = firstYear === null ? "…" : yearLabel(firstYear);
  const last = lastYear === null ? say("today") : yearLabel(lastYear);
  return `${say("reach", { first, last })} · ${many("epochs", epochs.length)}`;
}
