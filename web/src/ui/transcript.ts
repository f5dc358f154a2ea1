/** What is said in a recording, line by line: to be read, searched, and heard from any line. */

import { h, replace } from "./dom";
import { placesOf } from "./search";
import { many, say } from "./words";

export interface Line {
  /** seconds from the beginning */
  start: number;
  /** as it is told, "1:05" */
  time: string;
  text: string;
  language: string;
}

/** `hear` goes to a place of the recording, seconds. */
export function transcript(lines: readonly Line[], hear: (start: number) => void): HTMLElement {
  const list = h("ol", { class: "transcript-lines" });
  const told = h("p", { class: "quiet", role: "status" });
  const field = h("input", { type: "search", class: "transcript-search", "aria-label": say("transcript_search"), placeholder: say("transcript_search") });
  const show = (): void => {
    const sought = field.value;
    const found = lines.map((line) => ({ line, places: placesOf(line.text, sought) }));
    const kept = sought.trim() === "" ? found : found.filter(({ places }) => places.length > 0);
    replace(list, ...kept.map(({ line, places }) => item(line, places, hear)));
    told.textContent = sought.trim() === "" ? "" : many("transcript_found", kept.length);
  };
  field.addEventListener("input", show);
  show();
  return h("details", { class: "transcript" }, h("summary", {}, say("transcript")), field, told, list);
}

function item(line: Line, places: readonly [number, number][], hear: (start: number) => void): HTMLElement {
  const text = line.text.normalize("NFC");
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const [from, to] of places) {
    parts.push(text.slice(at, from), h("mark", {}, text.slice(from, to)));
    at = to;
  }
  parts.push(text.slice(at));
  const words = h("span", { lang: line.language || undefined }, ...parts);
  return h("li", {}, h("button", { type: "button", class: "transcript-line", onClick: () => hear(line.start) }, h("span", { class: "quiet" }, line.time), words));
}
