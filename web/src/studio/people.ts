/** People and families out of a GEDCOM file: into which scene, and what came of it. */

import { ask } from "../data/graphql";
import { h, replace } from "../ui/dom";
import { many, say } from "./language";
import { words } from "./words";

/** The answer of `POST /people`. */
export interface Imported {
  persons: number;
  families: number;
  withheld: number;
  revision: number;
  report: string[];
}

/** "2 people and 1 family were written; 3 people were withheld." */
export function summary({ persons, families, withheld }: Imported): string {
  const kept = say("people_kept", { people: many("persons", persons), families: many("families", families) });
  return withheld === 0 ? `${kept}.` : `${kept}; ${many("withheld", withheld)}.`;
}

export class People {
  readonly element: HTMLElement;
  private readonly scenes = h("select", { id: "people-scene" });
  private readonly living = h("input", { type: "checkbox", id: "people-living" });
  private readonly outcome = h("div", { class: "people-outcome", role: "status" });

  constructor() {
    const input = h("input", { type: "file", accept: ".ged,.gedcom", class: "sr-only", id: "people-file" });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file) void this.take(file);
      input.value = "";
    });
    this.element = h(
      "section",
      { "aria-labelledby": "people-title" },
      h("h2", { class: "section", id: "people-title" }, say("people")),
      h(
        "p",
        { class: "quiet people-about" },
        say("people_about"),
      ),
      h(
        "div",
        { class: "drop-row" },
        h("label", { class: "rights-label people-label", for: "people-scene" }, say("into_scene")),
        this.scenes,
        input,
        h("label", { class: "button", for: "people-file" }, say("choose_gedcom")),
        h("label", { class: "people-living" }, this.living, say("living_too")),
      ),
      this.outcome,
    );
    void this.fill();
  }

  private async fill(): Promise<void> {
    try {
      const { scenes } = await ask<{ scenes: { nodes: { id: string; title: string }[] } }>(
        "{ scenes(first: 200) { nodes { id title } } }",
      );
      replace(this.scenes, ...scenes.nodes.map((scene) => h("option", { value: scene.id }, scene.title)));
      this.element.hidden = scenes.nodes.length === 0;
    } catch {
      this.element.hidden = true; // the list of things says that the server does not answer
    }
  }

  private async take(file: File): Promise<void> {
    replace(this.outcome, h("p", { class: "quiet" }, say("reading_file", { name: file.name })));
    const asked = new URLSearchParams({ scene: this.scenes.value, name: file.name });
    if (this.living.checked) asked.set("living", "true");
    try {
      const response = await fetch(`/people?${asked}`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", accept: "application/json" },
        body: file,
      });
      const answer = (await response.json()) as Imported & { detail?: string; title?: string };
      if (response.ok) this.tell(answer);
      else this.refuse(answer.detail ?? answer.title ?? say("answered", { status: response.status }));
    } catch (error) {
      this.refuse(words(error));
    }
  }

  private tell(done: Imported): void {
    replace(
      this.outcome,
      h("p", {}, h("strong", {}, summary(done)), h("span", { class: "quiet" }, ` ${say("revision_n", { n: done.revision })}`)),
      done.report.length > 0 && h("ul", { class: "doing-report" }, ...done.report.map((line) => h("li", {}, line))),
    );
  }

  private refuse(why: string): void {
    replace(this.outcome, h("p", { class: "bad", role: "alert" }, why));
  }
}
