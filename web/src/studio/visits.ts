/** Guided visits: a curator opens a room of an exhibition, keeps one link and gives the other away. */

import { ask } from "../data/graphql";
import { button, h, replace } from "../ui/dom";
import { shareField } from "../ui/share";
import { say, when } from "./language";
import { words } from "./words";

interface Open {
  slug: string;
  title: string;
  scene: { id: string };
}

interface Room {
  visitorLink: string;
  guideLink: string;
  expiresAt: string;
}

export class Visits {
  readonly element: HTMLElement;
  private readonly choice = h("select", { id: "visit-exhibition" });
  private readonly outcome = h("div", { class: "visit-room", role: "status" });
  private exhibitions: readonly Open[] = [];

  constructor() {
    this.element = h(
      "section",
      { "aria-labelledby": "visits-title", hidden: true },
      h("h2", { class: "section", id: "visits-title" }, say("visits")),
      h(
        "p",
        { class: "quiet people-about" },
        say("visits_about"),
      ),
      h(
        "div",
        { class: "drop-row" },
        h("label", { class: "rights-label people-label", for: "visit-exhibition" }, say("exhibition")),
        this.choice,
        button("people", say("room_open"), () => void this.open()),
      ),
      this.outcome,
    );
    void this.fill();
  }

  private async fill(): Promise<void> {
    try {
      const { exhibitions } = await ask<{ exhibitions: { edges: { node: Open }[] } }>(
        "{ exhibitions(first: 100) { edges { node { slug title scene { id } } } } }",
      );
      this.exhibitions = exhibitions.edges.map(({ node }) => node);
      replace(this.choice, ...this.exhibitions.map(({ slug, title }) => h("option", { value: slug }, title)));
      this.element.hidden = this.exhibitions.length === 0;
    } catch {
      // the list of things says that the server does not answer
    }
  }

  private async open(): Promise<void> {
    const chosen = this.exhibitions.find(({ slug }) => slug === this.choice.value);
    if (!chosen) return;
    try {
      const { openRoom } = await ask<{ openRoom: Room }>(
        "mutation Open($scene: ID!) { openRoom(scene: $scene) { visitorLink guideLink expiresAt } }",
        { scene: chosen.scene.id },
      );
      const page = `${location.origin}/exhibitions/${encodeURIComponent(chosen.slug)}`;
      replace(
        this.outcome,
        shareField(say("room_visitors"), page + openRoom.visitorLink, say("room_copy_visitors")),
        shareField(say("room_guide", { when: when(openRoom.expiresAt) }), page + openRoom.guideLink, say("room_copy_guide")),
        h("p", {}, h("a", { class: "button button-main", href: page + openRoom.guideLink, target: "_blank", rel: "noopener" }, say("room_begin"))),
      );
    } catch (error) {
      replace(this.outcome, h("p", { class: "bad", role: "alert" }, words(error)));
    }
  }
}
