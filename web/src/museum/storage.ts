/** How much the museum keeps, and how much room is left. */

import { ask } from "../data/graphql";
import { say } from "../studio/language";
import { size } from "../studio/words";
import { h, replace } from "../ui/dom";
import { Section } from "./section";

interface Kept {
  deposited: number;
  made: number;
  free: number | null;
}

/** what is left is little: less than this, or less than a tenth of all there is */
const LITTLE_BYTES = 10e9;

export class Storage extends Section {
  constructor() {
    super("storage", say("storage"), "");
    void this.trying(async () => {
      const { storage } = await ask<{ storage: Kept }>("{ storage { deposited made free } }");
      this.show(storage);
    });
  }

  private show({ deposited, made, free }: Kept): void {
    const all = deposited + made + (free ?? 0);
    const share = (part: string, bytes: number): HTMLElement => {
      const piece = h("span", { class: `share-of ${part}` });
      piece.style.flexGrow = String(bytes / Math.max(1, all));
      return piece;
    };
    const isLittle = free !== null && (free < LITTLE_BYTES || free < 0.1 * all);
    replace(
      this.body,
      h("div", { class: "storage-bar", "aria-hidden": "true" }, share("is-deposited", deposited), share("is-made", made), free !== null && share("is-free", free)),
      h(
        "dl",
        { class: "figures" },
        ...figure("is-deposited", say("storage_deposited"), size(deposited)),
        ...figure("is-made", say("storage_made"), size(made)),
        ...(free === null ? [] : figure("is-free", say("storage_free"), size(free))),
      ),
      isLittle && h("p", { class: "bad" }, say("storage_little")),
      free === null && h("p", { class: "quiet" }, say("storage_elsewhere")),
    );
  }
}

function figure(part: string, name: string, value: string): HTMLElement[] {
  return [h("div", { class: `figure ${part}` }, h("dt", {}, name), h("dd", {}, value))];
}
