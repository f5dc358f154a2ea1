/** What is said of a thing's time relative to others and to days, and what became of it, in words. */

import type { Title } from "../data/exhibition";
import type { ChangeEvent, Relation, Statement } from "../data/thing";
import { h } from "./dom";
import { sourceLine } from "./evidence";
import { say } from "./words";
import type { Word } from "./words";

export type Go = (id: string) => void;

/** What is said of the subject, about `%` or a date. */
const SAID: Readonly<Record<Relation, { start: Word; end: Word | null }>> = {
  BEFORE: { start: "said_before", end: null },
  AFTER: { start: "said_after", end: null },
  CONTEMPORARY_WITH: { start: "said_contemporary", end: null },
  SAME_TIME_AS: { start: "said_same_time", end: null },
  WITHIN: { start: "said_within", end: null },
  CARRIES: { start: "said_carries", end: null },
  TERMINUS_POST_QUEM: { start: "said_post", end: "said_post_end" },
  TERMINUS_ANTE_QUEM: { start: "said_ante", end: "said_ante_end" },
};

/** The same, read from the other thing. */
const CONVERSE: Readonly<Record<Relation, Word>> = {
  BEFORE: "conv_before",
  AFTER: "conv_after",
  CONTEMPORARY_WITH: "said_contemporary",
  SAME_TIME_AS: "said_same_time",
  WITHIN: "conv_within",
  CARRIES: "conv_carries",
  TERMINUS_POST_QUEM: "conv_post",
  TERMINUS_ANTE_QUEM: "conv_ante",
};

/** A pattern, and what stands in it for `%`. */
export function sentence(statement: Statement, thing: string): { pattern: string; other: Title | null; date: string } {
  const isSubject = statement.subject?.id === thing;
  if (!isSubject) return { pattern: say(CONVERSE[statement.relation]), other: statement.subject, date: "" };
  const said = SAID[statement.relation];
  const pattern = say((statement.end === "END" ? said.end : null) ?? said.start);
  return { pattern, other: statement.object, date: statement.date?.label ?? "" };
}

export function thingLink(title: Title, go: Go): HTMLElement {
  return h("button", { type: "button", class: "inline-link", onClick: () => go(title.id) }, title.title || title.id);
}

/** What dates a thing, one line a statement. Epochs are named, things can be gone to. */
export function statementList(statements: readonly Statement[], thing: string, isThing: (id: string) => boolean, go: Go): HTMLElement {
  return h(
    "ul",
    { class: "lines" },
    ...statements.map((statement) => {
      const { pattern, other, date } = sentence(statement, thing);
      const [before, after] = pattern.split("%") as [string, string];
      const named = other ? (isThing(other.id) ? thingLink(other, go) : h("em", {}, other.title ?? "")) : date;
      return h("li", {}, before, named, after, sourceLine([statement.source], statement.author));
    }),
  );
}

/** "Taken down". */
export function kindOf(event: Pick<ChangeEvent, "kind">): string {
  return say(`event_${event.kind.toLowerCase()}` as Word);
}

/** What happened to a thing: what it came of, and what came of it. */
export function changeList(events: readonly ChangeEvent[], thing: string, go: Go): HTMLElement {
  const links = (titles: readonly Title[]): Node[] =>
    titles.flatMap((title, number) => [
      ...(number > 0 ? [document.createTextNode(number === titles.length - 1 ? ` ${say("and")} ` : ", ")] : []),
      thingLink(title, go),
    ]);
  return h(
    "ol",
    { class: "timeline" },
    ...events.map((event) => {
      const rest = (titles: readonly Title[]): Title[] => titles.filter((title) => title.id !== thing);
      const came = event.predecessors.some((title) => title.id === thing);
      const from = rest(event.predecessors);
      const to = rest(event.successors);
      return h(
        "li",
        {},
        h("p", { class: "timeline-when" }, event.existence.label || event.existence.text),
        h("p", { class: "timeline-what" }, h("strong", {}, event.title), h("span", { class: "quiet" }, ` · ${kindOf(event)}`)),
        event.description && h("p", {}, event.description),
        came && to.length > 0 && h("p", {}, `${say("became_what")} `, ...links(to)),
        came && from.length > 0 && h("p", {}, `${say("together_with")} `, ...links(from)),
        !came && from.length > 0 && h("p", {}, `${say("in_place_of")} `, ...links(from)),
        !came && to.length > 0 && h("p", {}, `${say("at_one_time")} `, ...links(to)),
        sourceLine(event.sources),
      );
    }),
  );
}
