/** What is said of a thing's time relative to others and to days, and what became of it, in words. */

import type { Title } from "../data/exhibition";
import type { ChangeEvent, Relation, Statement } from "../data/thing";
import { h } from "./dom";
import { sourceLine } from "./evidence";

export type Go = (id: string) => void;

/** What is said of the subject, about `%` or a date. */
const SAID: Record<Relation, { start: string; end: string }> = {
  BEFORE: { start: "Was gone before % began", end: "" },
  AFTER: { start: "Began when % was gone", end: "" },
  CONTEMPORARY_WITH: { start: "Stood together with %, for a while at least", end: "" },
  SAME_TIME_AS: { start: "Stood on the same days as %", end: "" },
  WITHIN: { start: "Stood only within %", end: "" },
  CARRIES: { start: "Lies below %, so it is not later", end: "" },
  TERMINUS_POST_QUEM: { start: "Was made no earlier than %", end: "Was not gone before %" },
  TERMINUS_ANTE_QUEM: { start: "Was made no later than %", end: "Was gone by %" },
};

/** The same, read from the other thing. */
const CONVERSE: Record<Relation, string> = {
  BEFORE: "Began after % was gone",
  AFTER: "Was gone before % began",
  CONTEMPORARY_WITH: "Stood together with %, for a while at least",
  SAME_TIME_AS: "Stood on the same days as %",
  WITHIN: "% stood only within its time",
  CARRIES: "Lies above %, so it is not earlier",
  TERMINUS_POST_QUEM: "% was made no earlier",
  TERMINUS_ANTE_QUEM: "% was made no later",
};

/** A pattern, and what stands in it for `%`. */
export function sentence(statement: Statement, thing: string): { pattern: string; other: Title | null; date: string } {
  const isSubject = statement.subject?.id === thing;
  if (!isSubject) return { pattern: CONVERSE[statement.relation], other: statement.subject, date: "" };
  const said = SAID[statement.relation];
  const pattern = statement.end === "END" && said.end !== "" ? said.end : said.start;
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

const BECAME: Record<ChangeEvent["kind"], string> = {
  CREATION: "Made",
  MODIFICATION: "Changed",
  DEMOLITION: "Taken down",
  UNION: "Joined",
  DIVISION: "Divided",
};

/** What happened to a thing: what it came of, and what came of it. */
export function changeList(events: readonly ChangeEvent[], thing: string, go: Go): HTMLElement {
  const links = (titles: readonly Title[]): Node[] =>
    titles.flatMap((title, number) => [
      ...(number > 0 ? [document.createTextNode(number === titles.length - 1 ? " and " : ", ")] : []),
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
        h("p", { class: "timeline-what" }, h("strong", {}, event.title), h("span", { class: "quiet" }, ` · ${BECAME[event.kind]}`)),
        event.description && h("p", {}, event.description),
        came && to.length > 0 && h("p", {}, "Became ", ...links(to)),
        came && from.length > 0 && h("p", {}, "together with ", ...links(from)),
        !came && from.length > 0 && h("p", {}, "In place of ", ...links(from)),
        !came && to.length > 0 && h("p", {}, "at one time with ", ...links(to)),
        sourceLine(event.sources),
      );
    }),
  );
}
