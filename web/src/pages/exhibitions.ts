/** What is shown, to whom and since when: making exhibitions, publishing and taking back, trying them as a visitor. */

import { ask } from "../data/graphql";
import { exhibitionCard } from "../exhibitions/card";
import { create, loadExhibitions } from "../exhibitions/record";
import { say } from "../studio/language";
import { masthead } from "../studio/masthead";
import { worksOnAll } from "../studio/me";
import type { Me } from "../studio/me";
import { whenSent } from "../studio/sending";
import { Visits } from "../studio/visits";
import { words } from "../studio/words";
import { button, h, replace } from "../ui/dom";

export function exhibitions(main: Element, me: Me): void {
  document.title = `${say("place_exhibitions")} · ${say("place_studio")} · Chronotope`;
  const list = h("ul", { class: "exhibition-list" });
  const told = h("p", { class: "section-told", role: "status" });
  const refuse = (error: unknown): void => replace(told, h("span", { class: "bad", role: "alert" }, words(error)));
  const publishes = me.publishes || me.exhibitions.length > 0; // of one exhibition the museum decides when it is asked
  const read = async (done = ""): Promise<void> => {
    try {
      const found = await loadExhibitions();
      replace(list, ...(found.length > 0 ? found.map((each) => exhibitionCard(each, publishes, (text) => void read(text))) : [h("li", { class: "quiet" }, say("exhibitions_none"))]));
      replace(told, done);
    } catch (error) {
      refuse(error);
    }
  };
  replace(
    main,
    masthead("exhibitions", me),
    !publishes && h("p", { class: "quiet section-about" }, say("publish_editors")),
    told,
    list,
    worksOnAll(me) && making(read, refuse),
    new Visits().element,
  );
  void read();
}

function making(done: (told: string) => Promise<void>, refuse: (error: unknown) => void): HTMLElement {
  const title = h("input", { type: "text", maxlength: "300", required: true });
  const scene = h("select", { required: true });
  const form = h(
    "form",
    { class: "making", hidden: true },
    h("h3", {}, say("exhibition_new")),
    h("label", { class: "making-field" }, h("span", {}, say("title")), title),
    h("label", { class: "making-field" }, h("span", {}, say("scene")), scene),
    h("p", { class: "row-acts" }, button("next", say("exhibition_make"), () => undefined, { type: "submit", class: "button-main" })),
  );
  whenSent(form, () => create(scene.value, title.value).then(() => done(say("exhibition_made", { title: title.value })), refuse));
  void ask<{ scenes: { nodes: { id: string; title: string }[] } }>("{ scenes(first: 500) { nodes { id title } } }").then(({ scenes }) => {
    replace(scene, ...scenes.nodes.map(({ id, title: name }) => h("option", { value: id }, name || say("untitled"))));
    form.hidden = scenes.nodes.length === 0;
  }, refuse);
  return form;
}
