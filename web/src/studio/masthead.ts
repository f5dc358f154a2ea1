/** What every page of the studio begins with: where one is, where else one may go, who one is, in which language. */

import { h } from "../ui/dom";
import { languageChoice } from "../ui/languages";
import { say } from "./language";
import { isKnown, whoWords, works } from "./me";
import type { Me } from "./me";

export type Place = "studio" | "exhibitions" | "museum";

export function masthead(here: Place, me: Me | null): HTMLElement {
  const places: [Place, string][] = [["studio", "/studio"], ["exhibitions", "/studio#exhibitions"], ["museum", "/studio#museum"]];
  return h(
    "header",
    { class: "masthead" },
    h("div", { class: "masthead-row" }, h("p", { class: "brand" }, h("a", { href: "/" }, "Chronotope")), languageChoice("language-select")),
    h("h1", {}, say(`place_${here}`)),
    h("p", { class: "whoami", id: "whoami" }, whoWords(me), " ", isKnown(me) && h("a", { href: "/account" }, say("account"))),
    works(me) &&
      h(
        "nav",
        { class: "places", "aria-label": say("places") },
        ...places.map(([place, href]) => h("a", { href, "aria-current": place === here && "page" }, say(`place_${place}`))),
      ),
  );
}
