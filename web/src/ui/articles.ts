/** Longer texts about the scene: a list, and one of them to read. */

import { loadArticle } from "../data/exhibition";
import type { Article } from "../data/exhibition";
import { button, h } from "./dom";
import { sourceList, webLink } from "./evidence";
import { textInLanguages } from "./languages";
import { say } from "./words";

export interface Reads {
  open(id: string): void;
  back(): void;
  /** to a thing that shows an asset */
  asset(id: string): (() => void) | null;
}

export function articlesPanel(articles: readonly { id: string; title: string }[], does: Reads): DocumentFragment {
  const panel = document.createDocumentFragment();
  panel.append(
    h("p", { class: "eyebrow" }, say("to_read")),
    h("h2", {}, say("more_about")),
    h(
      "ul",
      { class: "things" },
      ...articles.map((article) =>
        h("li", {}, h("button", { type: "button", class: "thing", onClick: () => does.open(article.id) }, article.title)),
      ),
    ),
  );
  return panel;
}

/** An article that is on its way, and then the article. */
export function articlePanel(id: string, does: Reads): DocumentFragment {
  const panel = document.createDocumentFragment();
  const body = h("article", { class: "article" }, h("p", { class: "quiet" }, say("opening")));
  panel.append(button("back", say("all_texts"), does.back, { class: "article-back" }), body);
  loadArticle(id).then(
    (article) => body.replaceChildren(...(article ? written(article, does) : [h("p", {}, say("text_gone"))])),
    (error: unknown) => body.replaceChildren(h("p", { role: "alert" }, error instanceof Error ? error.message : String(error))),
  );
  return panel;
}

function written(article: Article, does: Reads): HTMLElement[] {
  const parts = [
    h("p", { class: "eyebrow" }, article.existence?.label ?? say("to_read")),
    h("h2", {}, article.title),
    textInLanguages(article.bodies),
    article.pictures.length > 0
      ? h("ul", { class: "lines" }, ...article.pictures.map((picture) => pictureLine(picture, does)))
      : null,
    article.sources.length > 0 ? h("h3", {}, say("sources")) : null,
    sourceList(article.sources),
    article.author ? h("p", { class: "byline" }, article.author) : null,
  ];
  return parts.filter((part): part is HTMLElement => part !== null);
}

/** A deposited picture is shown; one that is a thing of the scene is gone to; one elsewhere is linked, since the page
 *  loads nothing of others. */
function pictureLine(picture: Article["pictures"][number], does: Reads): HTMLElement {
  const media = picture.asset?.media;
  if (media?.width && media.height) {
    const source = `/blobs/${media.digest}`;
    // Its size is told before it is there, or the text would jump.
    const image = h("img", { src: source, alt: picture.caption, width: String(media.width), height: String(media.height), loading: "lazy" });
    return h(
      "li",
      { class: "line-picture" },
      h("a", { href: source, target: "_blank", rel: "noopener", "aria-label": say("by_itself", { name: picture.caption || say("a_picture") }) }, image),
      picture.caption && h("span", {}, picture.caption),
      h("span", { class: "line-source" }, picture.credit),
    );
  }
  const go = picture.asset ? does.asset(picture.asset.id) : null;
  const name = picture.caption || say("a_picture");
  return h(
    "li",
    {},
    go ? h("button", { type: "button", class: "inline-link", onClick: go }, name) : picture.url ? webLink(picture.url, name) : name,
    h("span", { class: "line-source" }, picture.credit),
  );
}
