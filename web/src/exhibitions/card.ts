/** One exhibition in the studio: who sees it, what can be done with it, and who did what to it when and why. */

import { say } from "../studio/language";
import { whenSent } from "../studio/sending";
import { words } from "../studio/words";
import { button, h, replace } from "../ui/dom";
import { history } from "./history";
import { preview } from "./preview";
import { change, publish, unpublish } from "./record";
import type { Audience, Exhibition } from "./record";

/** `changed` is called once the museum has taken something; `publishes`: whether who looks may show it to others. */
export function exhibitionCard(exhibition: Exhibition, publishes: boolean, changed: (told: string) => void): HTMLElement {
  const { title, slug, scene, visibility } = exhibition;
  const told = h("p", { class: "section-told", role: "status" });
  const open = h("div", { class: "card-form" });
  const acting = async (act: () => Promise<void>, done: string): Promise<void> => {
    try {
      await act();
      changed(done);
    } catch (error) {
      replace(told, h("span", { class: "bad", role: "alert" }, words(error)));
    }
  };
  const ask = (form: HTMLFormElement): void => {
    replace(open, form);
    form.querySelector<HTMLElement>("select, input")?.focus();
  };
  return h(
    "li",
    { class: "exhibition-row", "data-slug": slug },
    h(
      "div",
      { class: "exhibition-head" },
      h("h2", {}, title),
      h("p", { class: `badge badge-${visibility}` }, say(`seen_${visibility}`)),
    ),
    h("p", { class: "quiet" }, visibility === "DRAFT" ? `/exhibitions/${slug}` : h("a", { href: `/exhibitions/${encodeURIComponent(slug)}` }, `/exhibitions/${slug}`), scene && h("span", {}, " · ", h("a", { href: `/studio#scene=${encodeURIComponent(scene.id)}` }, say("scene_open", { title: scene.title })))),
    h(
      "p",
      { class: "row-acts" },
      button("eye", say("preview"), () => preview(exhibition)),
      publishes &&
        visibility !== "PUBLIC" &&
        button("next", say("publish"), () => ask(publishForm(visibility, (audience, reason) => acting(() => publish(exhibition.id, audience, reason), say("published", { title })))), { class: "button-main" }),
      publishes && visibility !== "DRAFT" && button("back", say("take_back"), () => ask(takeBackForm((reason) => acting(() => unpublish(exhibition.id, reason), say("taken_back", { title }))))),
      button("read", say("words_change"), () => ask(wordsForm(exhibition, (fields) => acting(() => change(exhibition.id, fields), say("words_changed", { title: fields.title }))))),
    ),
    open,
    told,
    history(exhibition.id),
  );
}

function publishForm(now: Audience, go: (audience: Audience, reason: string) => Promise<void>): HTMLFormElement {
  const to = h("select", {}, ...(["PUBLIC", "MEMBERS"] as const).filter((each) => each !== now).map((each) => h("option", { value: each }, say(`seen_${each}`))));
  const why = h("input", { type: "text", maxlength: "1000" });
  return formOf([[say("publish_to"), to], [say("reason"), why]], say("publish"), say("publish_means"), () => go(to.value as Audience, why.value));
}

function takeBackForm(go: (reason: string) => Promise<void>): HTMLFormElement {
  const why = h("input", { type: "text", maxlength: "1000" });
  return formOf([[say("reason"), why]], say("take_back"), say("take_back_means"), () => go(why.value));
}

function wordsForm({ title, description, slug }: Exhibition, go: (fields: { title: string; description: string; slug: string }) => Promise<void>): HTMLFormElement {
  const name = h("input", { type: "text", maxlength: "300", required: true, value: title });
  const address = h("input", { type: "text", maxlength: "80", required: true, value: slug, pattern: "[a-z0-9]+(-[a-z0-9]+)*", spellcheck: "false" });
  const about = h("textarea", { rows: "4", maxlength: "20000" });
  about.value = description;
  return formOf([[say("title"), name], [say("address"), address], [say("description"), about]], say("keep"), say("address_means"), () => go({ title: name.value, description: about.value, slug: address.value }));
}

function formOf(fields: readonly [string, HTMLElement][], act: string, means: string, go: () => Promise<void>): HTMLFormElement {
  const form = h(
    "form",
    { class: "making" },
    ...fields.map(([name, field]) => h("label", { class: "making-field" }, h("span", {}, name), field)),
    h("p", { class: "quiet" }, means),
    h("p", { class: "row-acts" }, button("next", act, () => undefined, { type: "submit", class: "button-main" }), button("close", say("leave_it"), () => form.remove())),
  );
  whenSent(form, go);
  return form;
}
