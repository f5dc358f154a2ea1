/** The rights statements that a curator chooses from. */

import { h } from "../ui/dom";
import { rightsName } from "../ui/rights";
import { say } from "./language";

const STATEMENTS = [
  "https://creativecommons.org/publicdomain/zero/1.0/",
  "https://creativecommons.org/publicdomain/mark/1.0/",
  "https://creativecommons.org/licenses/by/4.0/",
  "https://creativecommons.org/licenses/by-sa/4.0/",
  "https://creativecommons.org/licenses/by-nc/4.0/",
  "https://creativecommons.org/licenses/by-nc-sa/4.0/",
  "https://creativecommons.org/licenses/by-nd/4.0/",
  "https://rightsstatements.org/vocab/InC/1.0/",
  "https://rightsstatements.org/vocab/NoC-NC/1.0/",
];

/** A choice with `chosen` in it, whatever that is. */
export function rightsChoice(id: string, chosen: string): HTMLSelectElement {
  const statements = chosen === "" || STATEMENTS.includes(chosen) ? STATEMENTS : [...STATEMENTS, chosen];
  const choice = h("select", { id }, h("option", { value: "" }, say("rights_not_stated")), ...statements.map((uri) => h("option", { value: uri }, rightsName(uri))));
  choice.value = chosen;
  return choice;
}
