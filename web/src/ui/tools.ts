/** The buttons at the top of an exhibition; those that have nothing to show are left out. */

import type { Scene } from "../data/exhibition";
import { button, h } from "./dom";
import { embedded } from "./embedded";
import type { SideKind } from "./side";
import { say } from "./words";

export interface ToolActs {
  /** from walking to going round, or back */
  walk(): void;
  panel(kind: SideKind): void;
  tour(): void;
  together(): void;
}

export class Tools {
  readonly element: HTMLElement;
  private readonly walking = button("walk", say("walk"), () => this.acts.walk(), { "aria-pressed": "false" });

  constructor(
    scene: Scene,
    headset: readonly HTMLElement[],
    private readonly acts: ToolActs,
  ) {
    this.element = h(
      "nav",
      { class: "tools", "aria-label": say("tools") },
      this.walking,
      button("list", say("here_now"), () => acts.panel("now")),
      scene.hypotheses.length > 0 && button("fork", say("readings"), () => acts.panel("readings")),
      scene.tours.length > 0 && button("tour", say("tour"), () => acts.tour()),
      scene.articles.length > 0 && button("read", say("read"), () => acts.panel("articles")),
      !embedded() && button("study", say("study"), () => acts.panel("study")),
      button("info", say("about"), () => acts.panel("about")),
      !embedded() && button("people", say("together"), () => acts.together()),
      ...headset,
    );
  }

  /** How one moves now: by whichever way it was chosen. */
  showWalking(walking: boolean): void {
    this.walking.setAttribute("aria-pressed", String(walking));
  }
}
