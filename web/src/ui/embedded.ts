/** In a frame on another site (`/embed/{slug}`): the page says less, and leads to the whole in a tab of its own. */

import "../styles/embedded.css";
import { h } from "./dom";
import { say } from "./words";

export function embedded(): boolean {
  return document.body.classList.contains("is-embedded");
}

/** Back to the gallery; from a frame, on to the exhibition's own page at the same place and moment. */
export function wayBack(slug: string): HTMLElement {
  if (!embedded()) return h("a", { class: "title-back", href: "/" }, say("all_exhibitions"));
  const address = `/exhibitions/${encodeURIComponent(slug)}`;
  const link = h("a", { class: "title-back", href: address, target: "_blank", rel: "noopener" }, say("open_whole"));
  const keep = (): void => {
    link.href = address + location.search + location.hash;
  };
  for (const event of ["pointerdown", "focus"]) link.addEventListener(event, keep);
  return link;
}
