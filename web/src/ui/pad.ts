/** A thumb stick for walking on a touch screen. */

import { h } from "./dom";

/** `moved`: -1 to 1 to the right and ahead. Hidden from screen readers: keys do the same. */
export function thumbPad(moved: (x: number, y: number) => void): HTMLElement {
  const knob = h("span", { class: "pad-knob" });
  const pad = h("div", { class: "pad", "aria-hidden": "true" }, knob);
  const set = (x: number, y: number): void => {
    moved(x, -y);
    knob.style.transform = `translate(${x * 34}px, ${y * 34}px)`;
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    const box = pad.getBoundingClientRect();
    const x = (event.clientX - box.left - box.width / 2) / 44;
    const y = (event.clientY - box.top - box.height / 2) / 44;
    const far = Math.max(1, Math.hypot(x, y));
    set(x / far, y / far);
  });
  for (const type of ["pointerup", "pointercancel"] as const) pad.addEventListener(type, () => set(0, 0));
  return pad;
}
