/** A part of the museum's page: a heading, what it is about, and what is read for it, or why it could not be read. */

import { h, replace } from "../ui/dom";
import type { Child } from "../ui/dom";
import { words } from "../studio/words";

export class Section {
  protected readonly body = h("div", { class: "section-body" });
  protected readonly told = h("p", { class: "section-told", role: "status" });
  readonly element: HTMLElement;

  constructor(id: string, title: string, about: string) {
    this.element = h(
      "section",
      { "aria-labelledby": id, class: "museum-section" },
      h("h2", { class: "section", id }, title),
      about !== "" && h("p", { class: "quiet section-about" }, about),
      this.body,
      this.told,
    );
  }

  /** Runs what asks the museum; a refusal is shown. Answers whether it went well. */
  protected async trying(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      replace(this.told, h("span", { class: "bad", role: "alert" }, words(error)));
      return false;
    }
  }

  /** Shows what was read anew. Who works by keys stays where they were, if that is still there. */
  protected fill(...children: Child[]): void {
    const at = this.body.contains(document.activeElement) ? nameOf(document.activeElement!) : null;
    replace(this.body, ...children);
    if (at === null) return;
    const controls = [...this.body.querySelectorAll<HTMLElement>("button, select, input, summary, a")];
    controls.find((one) => nameOf(one) === at)?.focus({ preventScroll: true });
  }

  protected tell(text: string): void {
    replace(this.told, text);
  }
}

function nameOf(control: Element): string {
  return control.getAttribute("aria-label") ?? control.textContent ?? "";
}

/** A field with its name before it, which stay together where lines break. */
export function pair(name: string, field: HTMLElement): HTMLElement {
  return h("label", { class: "pair" }, h("span", {}, name), field);
}

/** A table whose rows become cards where there is no room for columns: each cell carries its column's name. */
export function table(caption: string, columns: readonly string[], rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  return h(
    "table",
    { class: "records" },
    h("caption", { class: "sr-only" }, caption),
    h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      ...rows.map((cells) =>
        h("tr", {}, ...cells.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", { "data-column": columns[i] }, cell)))),
      ),
    ),
  );
}
