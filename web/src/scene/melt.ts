/** One moment melts into the next: the last picture of the old one fades over the new. */

import type { Stage } from "./stage";
import { h } from "../ui/dom";

export class Melt {
  readonly element = h("canvas", { class: "veil", "aria-hidden": "true" });

  constructor(private readonly stage: Stage) {}

  /** Keeps what is seen now, and lets it fade. */
  begin(): void {
    const { element: veil, stage } = this;
    if (veil.classList.contains("is-melting")) return;
    veil.width = stage.canvas.width;
    veil.height = stage.canvas.height;
    // Drawn again in this very task: without preserveDrawingBuffer the picture is gone after it.
    stage.draw();
    veil.getContext("2d")?.drawImage(stage.canvas, 0, 0);
    veil.classList.add("is-melting");
    veil.addEventListener("animationend", () => veil.classList.remove("is-melting"), { once: true });
  }
}
