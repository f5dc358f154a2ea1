/** Who changed something, when and why: read when somebody wants to know. */

import { say, when } from "../studio/language";
import { words } from "../studio/words";
import { h, replace } from "../ui/dom";
import { historyOf } from "./record";

export function history(id: string): HTMLElement {
  const list = h("ol", { class: "history-list" });
  const whole = h("details", { class: "history" }, h("summary", {}, say("history")), list);
  whole.addEventListener("toggle", () => {
    if (!whole.open || list.childElementCount > 0) return;
    historyOf(id).then(
      (changes) =>
        replace(
          list,
          ...changes.map(({ number, at, author, reason }) =>
            h("li", {}, h("span", {}, reason || say("no_reason_given")), h("span", { class: "quiet" }, `${author} · ${when(at)} · ${say("revision_n", { n: number })}`)),
          ),
        ),
      (error: unknown) => replace(list, h("li", { class: "bad", role: "alert" }, words(error))),
    );
  });
  return whole;
}
