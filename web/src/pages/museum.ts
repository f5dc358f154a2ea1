/** How the museum is run: what failed, what is worked on, who works here, what opens it, how much it keeps. */

import { Members } from "../museum/members";
import { Removed } from "../museum/removed";
import { Storage } from "../museum/storage";
import { Tokens } from "../museum/tokens";
import { Troubles, Work } from "../museum/work";
import { say } from "../studio/language";
import { masthead } from "../studio/masthead";
import { worksOnAll } from "../studio/me";
import type { Me } from "../studio/me";
import { h, replace } from "../ui/dom";

export function museum(main: Element, me: Me): void {
  document.title = `${say("place_museum")} · ${say("place_studio")} · Chronotope`;
  const tokens = new Tokens(me);
  if (!worksOnAll(me)) {
    replace(main, masthead("museum", me), h("p", { class: "prose" }, say("museum_for_all")), tokens.element);
    return;
  }
  const [troubles, work, removed] = [new Troubles(), new Work(), new Removed()];
  troubles.element.addEventListener("acted", () => {
    void work.read();
    void removed.read();
  });
  replace(
    main,
    masthead("museum", me),
    troubles.element,
    work.element,
    new Storage().element,
    me.role === "ADMINISTRATOR" ? new Members(me).element : h("p", { class: "quiet section-about" }, say("members_for")),
    tokens.element,
    removed.element,
  );
}
