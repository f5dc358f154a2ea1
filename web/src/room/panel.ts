/** What is said of a room beside the picture: a name to come in with, who is there, whether one follows. */

import type { Member } from "../stream/room";
import { button, h, replace } from "../ui/dom";

export interface RoomView {
  inside: boolean;
  connecting: boolean;
  refusal: string;
  you: number | null;
  guide: number | null;
  members: readonly Member[];
  following: boolean;
}

export interface RoomActions {
  join(name: string): void;
  leave(): void;
  follow(follow: boolean): void;
}

const MAX_NAME = 40;

export class RoomPanel {
  readonly element = h("section", { class: "room panel", "aria-label": "Together", hidden: true });
  private readonly name = h("input", {
    id: "room-name", class: "room-name", type: "text", maxlength: MAX_NAME, required: true, autocomplete: "nickname", spellcheck: "false",
  });

  private readonly enter = button("people", "Join", () => undefined, { class: "button-main", type: "submit" });
  private readonly refusal = h("p", { class: "room-bad", role: "alert" });
  private readonly door: readonly Node[];
  private stands: "nowhere" | "outside" | "inside" = "nowhere";

  /** `asGuide`: whether this visitor came by a guide's link. */
  constructor(
    asGuide: boolean,
    private readonly actions: RoomActions,
  ) {
    this.door = door(asGuide, this.name, this.enter, (name) => actions.join(name));
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
    if (!this.element.hidden) this.element.querySelector<HTMLElement>("input, .button-main")?.focus({ preventScroll: true });
  }

  show(view: RoomView): void {
    this.enter.disabled = view.connecting;
    if (this.refusal.textContent !== view.refusal) this.refusal.textContent = view.refusal;
    this.refusal.hidden = view.refusal === "";
    // The door is put up once: whoever types a name is not to lose it because the connection changed.
    if (!view.inside && this.stands === "outside") return;
    this.stands = view.inside ? "inside" : "outside";
    const close = button("close", "Close", () => (this.element.hidden = true), { class: "button-round panel-close" });
    replace(this.element, close, ...(view.inside ? this.together(view) : [...this.door, this.refusal]));
  }

  private together({ you, guide, members, following }: RoomView): Node[] {
    const leads = guide !== null && guide === you;
    const named = members.find(({ m }) => m === guide);
    const words = leads
      ? "You lead. The others see what you see."
      : named
        ? following
          ? "You follow. Move to look around by yourself."
          : "You look around by yourself."
        : "There is no guide at the moment.";
    const sorted = [...members].sort((a, b) => Number(b.m === guide) - Number(a.m === guide) || a.name.localeCompare(b.name));
    return [
      h("p", { class: "eyebrow" }, members.length === 1 ? "You are alone here" : `${members.length} people`),
      h("h2", {}, leads ? "You guide" : named ? `${named.name} guides` : "Together"),
      h("p", { class: "quiet", role: "status" }, words),
      h(
        "ul",
        { class: "room-people" },
        ...sorted.map((member) =>
          h(
            "li",
            { class: member.m === guide ? "is-guide" : "" },
            h("span", { dir: "auto" }, member.name),
            member.m === you && h("span", { class: "tag" }, "you"),
            member.m === guide && h("span", { class: "tag" }, "guide"),
          ),
        ),
      ),
      h(
        "div",
        { class: "room-acts" },
        ...(named && !leads
          ? [
              following
                ? button("eye", "Look by myself", () => this.actions.follow(false))
                : button("tour", "Follow the guide", () => this.actions.follow(true), { class: "button-main" }),
            ]
          : []),
        button("close", "Leave", () => this.actions.leave()),
      ),
    ];
  }
}

function door(asGuide: boolean, name: HTMLInputElement, enter: HTMLButtonElement, join: (name: string) => void): Node[] {
  const form = h("form", { class: "room-door" }, h("label", { for: "room-name" }, "Your name here"), name, enter);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    join(name.value);
  });
  const words = asGuide
    ? "Those who follow see the moment and the place that you show them."
    : "A guide leads, and you see the others as heads and hands. They see where you are, under the name you choose, while you are here. Nothing of it is kept.";
  return [
    h("p", { class: "eyebrow" }, "You are invited"),
    h("h2", {}, asGuide ? "Guide a visit" : "See it together"),
    h("p", { class: "quiet" }, words),
    form,
  ];
}
