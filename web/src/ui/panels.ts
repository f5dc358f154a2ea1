/** What stands in the side panel: what is here now, about. What is told of one thing is in `thing`. */

import type { Annotation, Exhibition } from "../data/exhibition";
import type { StandingPlacement } from "../stream/session";
import { h } from "./dom";
import { reliabilityTag } from "./evidence";
import { languageChoice } from "./languages";
import { noteBody } from "./thing";
import { say } from "./words";

export function nowPanel(
  label: string,
  standing: readonly StandingPlacement[],
  notes: readonly Annotation[],
  go: { thing(id: string): void; note(id: string): void },
): DocumentFragment {
  const panel = document.createDocumentFragment();
  const things = [...standing].sort((a, b) => a.title.localeCompare(b.title));
  const list = (items: readonly StandingPlacement[]): HTMLElement =>
    h(
      "ul",
      { class: "things" },
      ...items.map((item) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "thing", onClick: () => go.thing(item.id) },
            h("span", {}, item.title),
            reliabilityTag(item.reliability),
          ),
        ),
      ),
    );
  const certain = things.filter((item) => item.certainty === "certain");
  const possible = things.filter((item) => item.certainty === "possible");
  panel.append(h("p", { class: "eyebrow" }, label), h("h2", {}, say("now_title")));
  if (things.length === 0) panel.append(h("p", { class: "quiet" }, say("now_none")));
  if (certain.length > 0) panel.append(h("h3", {}, say("certain")), list(certain));
  if (possible.length > 0) panel.append(h("h3", {}, say("possibly")), list(possible));
  if (notes.length > 0) {
    panel.append(
      h("h3", {}, say("notes")),
      h(
        "ul",
        { class: "things" },
        ...notes.map((note) =>
          h("li", {}, h("button", { type: "button", class: "thing", onClick: () => go.note(note.id) }, note.title)),
        ),
      ),
    );
  }
  return panel;
}

export function aboutPanel(exhibition: Exhibition, verifies: boolean): DocumentFragment {
  const panel = document.createDocumentFragment();
  const { scene } = exhibition;
  const keys: [string, string][] = [
    [say("key_drag"), say("key_drag_does")],
    [say("key_move"), say("key_move_does")],
    [say("key_jump"), say("key_jump_does")],
    [say("key_pad"), say("key_pad_does")],
    [say("key_time"), say("key_time_does")],
    [say("key_epoch"), say("key_epoch_does")],
    [say("key_play"), say("key_play_does")],
    [say("key_escape"), say("key_escape_does")],
  ];
  panel.append(
    h("p", { class: "eyebrow" }, scene.title),
    h("h2", {}, exhibition.title),
    h("p", { class: "prose" }, exhibition.description),
    scene.description !== exhibition.description ? h("p", { class: "prose" }, scene.description) : "",
    ...scene.remarks
      .filter((note) => note.anchor.kind === "SCENE")
      .flatMap((note) => [h("h3", {}, note.title), ...noteBody(note)]),
    h("label", { class: "field" }, h("span", {}, say("language")), languageChoice("choice")),
    h("h3", {}, say("looks")),
    h("p", { class: "prose" }, say("looks_mean")),
    h("h3", {}, say("finding")),
    h("dl", { class: "keys" }, ...keys.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)])),
    h("p", { class: "quiet" }, say(verifies ? "verified" : "not_verified")),
  );
  return panel;
}
