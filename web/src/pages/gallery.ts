/** The gallery: what is open to visitors. */

import "../styles/base.css";
import "../styles/gallery.css";
import { loadGallery } from "../data/exhibition";
import type { Card, Epoch } from "../data/exhibition";
import { TimeScale } from "../time/scale";
import { yearLabel } from "../time/years";
import { h, replace } from "../ui/dom";
import { many, say, speak, wantedLanguages } from "../ui/words";

async function main(): Promise<void> {
  const main = document.querySelector("main")!;
  let cards: Card[];
  try {
    await speak(wantedLanguages());
    cards = await loadGallery();
  } catch (error) {
    replace(main, h("div", { class: "notice panel", role: "alert" }, h("h1", {}, say("no_answer")), h("p", {}, error instanceof Error ? error.message : String(error))));
    return;
  }
  replace(
    main,
    h("header", { class: "masthead" }, h("p", { class: "brand" }, "Chronotope"), h("h1", {}, say("gallery_title"))),
    cards.length > 0
      ? h("ul", { class: "cards" }, ...cards.map((card) => h("li", {}, cardOf(card))))
      : h("p", { class: "empty" }, say("gallery_none")),
    h("footer", { class: "colophon" }, h("a", { href: "/studio" }, say("gallery_curators"))),
  );
}

function cardOf(card: Card): HTMLElement {
  return h(
    "a",
    { class: "card", href: `/exhibitions/${encodeURIComponent(card.slug)}` },
    ribbon(card.scene.epochs),
    h("h2", {}, card.title),
    h("p", { class: "prose" }, card.description),
    h("p", { class: "card-span" }, reachOf(card.scene.epochs)),
  );
}

/** The place's history as a ribbon of its epochs: every exhibition's own picture, until it has a photograph. */
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

function reachOf(epochs: readonly Epoch[]): string {
  const starts = epochs.map((epoch) => epoch.existence.startEarliestYear).filter((year) => year !== null);
  if (starts.length === 0) return many("epochs", epochs.length);
  const first = yearLabel(Math.min(...starts));
  const open = epochs.some((epoch) => epoch.existence.endLatestYear === null);
  const last = open ? say("today") : yearLabel(Math.max(...epochs.map((epoch) => epoch.existence.endLatestYear ?? 0)));
  return `${say("reach", { first, last })} · ${many("epochs", epochs.length)}`;
}

void main();
