/** A longer text: in several languages, with pictures that the museum has. */

import { say } from "../studio/language";
import { button, h, replace } from "../ui/dom";
import { labelled, lineField, storyForm, Texts } from "./form";
import { remove, write } from "./records";
import type { Article, Medium } from "./records";

export function articleForm(scene: string, article: Article | null, media: readonly Medium[], speaking: string, done: () => void): HTMLElement {
  const title = lineField(article?.title ?? "", true);
  const texts = new Texts(article?.bodies ?? [], speaking);
  const pictures = (article?.pictures ?? []).map((one) => ({ ...one }));
  const list = h("ul", { class: "story-pictures" });
  const show = (): void =>
    replace(
      list,
      ...pictures.map((one, i) => {
        const caption = h("input", { type: "text", maxlength: "2000", value: one.caption });
        const credit = h("input", { type: "text", maxlength: "2000", value: one.credit });
        caption.addEventListener("input", () => (one.caption = caption.value));
        credit.addEventListener("input", () => (one.credit = credit.value));
        const name = media.find(({ id }) => id === one.asset?.id)?.title ?? one.url;
        return h(
          "li",
          {},
          h("p", { class: "story-picture-name" }, name, button("close", say("picture_leave", { name }), () => {
            pictures.splice(i, 1);
            show();
          }, { class: "button-round" })),
          labelled(say("caption"), caption),
          labelled(say("credit"), credit),
        );
      }),
    );
  const more = h("select", {}, h("option", { value: "" }, say(media.length > 0 ? "picture_choose" : "picture_none")), ...media.map(({ id, title: name }) => h("option", { value: id }, name)));
  more.addEventListener("change", () => {
    if (more.value === "") return;
    pictures.push({ url: "", caption: "", credit: "", asset: { id: more.value } });
    more.value = "";
    show();
  });
  show();
  return storyForm(say(article ? "article" : "article_new"), [labelled(say("title"), title), texts.element, h("h3", {}, say("pictures")), list, labelled(say("picture_more"), more)], {
    keep: async (over) => {
      await write("Article", scene, article && { id: article.id, revision: over ? null : article.revision }, {
        title: title.value,
        bodies: texts.bodies,
        pictures: pictures.map(({ url, caption, credit, asset }) => ({ url: asset ? "" : url, asset: asset?.id ?? null, caption, credit })),
      });
      done();
    },
    leave: done,
    remove: article && (async () => {
      await remove("Article", article.id);
      done();
    }),
  });
}
