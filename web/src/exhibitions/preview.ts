/** An exhibition as its visitors get it, in a frame of the size of a phone or a tablet, or as large as there is room. */

import { say } from "../studio/language";
import { button, h } from "../ui/dom";

const SIZES = [
  ["phone", 390, 844],
  ["tablet", 820, 1180],
  ["screen", 0, 0],
] as const;

/** Opens it before the page; Escape closes it. */
export function preview({ slug, title, visibility }: { slug: string; title: string; visibility: string }): void {
  const address = `/exhibitions/${encodeURIComponent(slug)}`;
  const frame = h("iframe", { class: "preview-frame", src: address, title: say("preview_of", { title }), allow: "xr-spatial-tracking; fullscreen" });
  const sizes = h("div", { class: "preview-sizes", role: "group", "aria-label": say("preview_size") });
  const show = (name: string, width: number, height: number): void => {
    frame.style.width = width === 0 ? "100%" : `${width}px`;
    frame.style.height = height === 0 ? "100%" : `${height}px`;
    for (const one of sizes.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset["size"] === name));
  };
  sizes.append(...SIZES.map(([name, width, height]) => h("button", { type: "button", class: "button", "data-size": name, onClick: () => show(name, width, height) }, say(`preview_${name}`))));
  const close = button("close", say("close"), () => dialog.close(), { class: "button-round" });
  const dialog = h(
    "dialog",
    { class: "preview", "aria-label": say("preview_of", { title }) },
    h("div", { class: "preview-head" }, sizes, h("p", { class: "quiet" }, say(visibility === "PUBLIC" ? "preview_public" : "preview_draft")), h("a", { class: "button", href: address, target: "_blank", rel: "noopener" }, say("preview_open")), close),
    h("div", { class: "preview-room" }, frame),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  // What is a phone itself shows it as large as it is.
  if (window.innerWidth <= 640) show(...SIZES[2]);
  else show(...SIZES[0]);
  dialog.showModal();
}
