/** The panel beside the stage: the chosen thing, or what is told of the place, as two tabs. */

import { say } from "../studio/language";
import type { StudioWord } from "../studio/language";
import { h } from "../ui/dom";

export type Tab = "thing" | "stories";
const TABS: readonly Tab[] = ["thing", "stories"];

export class Side {
  readonly element: HTMLElement;
  private readonly tabs: HTMLButtonElement[];
  private readonly panels: HTMLElement[];

  /** `shown` hears which tab is before the others. */
  constructor(
    contents: Readonly<Record<Tab, HTMLElement>>,
    private readonly shown: (tab: Tab) => void,
  ) {
    this.tabs = TABS.map((name) =>
      h("button", { type: "button", class: "side-tab", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onClick: () => this.show(name) }, say(`side_${name}` satisfies StudioWord)),
    );
    this.panels = TABS.map((name) => h("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: "-1" }, contents[name]));
    const list = h("div", { class: "side-tabs", role: "tablist", "aria-label": say("side_parts") }, ...this.tabs);
    list.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const next = (this.tabs.findIndex((tab) => tab.ariaSelected === "true") + by + TABS.length) % TABS.length;
      this.show(TABS[next]!);
      this.tabs[next]!.focus();
    });
    this.element = h("aside", { class: "inspector panel", "aria-label": say("side_parts") }, list, ...this.panels);
    this.show("thing");
  }

  show(name: Tab): void {
    TABS.forEach((each, i) => {
      this.tabs[i]!.ariaSelected = String(each === name);
      this.tabs[i]!.tabIndex = each === name ? 0 : -1;
      this.panels[i]!.hidden = each !== name;
    });
    this.shown(name);
  }
}
