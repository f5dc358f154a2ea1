/** What is said of a room beside the picture: a name to come in with, who is there, whether one follows. */

import type { Member } from "../stream/room";
import { button, h, replace } from "../ui/dom";
import { shareField } from "../ui/share";
import { many, say } from "../ui/words";
import type { Word } from "../ui/words";

export interface RoomView {
  inside: boolean;
  connecting: boolean;
  refusal: string;
  you: number | null;
  guide: number | null;
  members: readonly Member[];
  following: boolean;
  /** whether the guide's mouse points for all */
  points: boolean;
  /** what others open to come in; empty: there is no room yet */
  link: string;
}

export type Welcome = "offer" | "visitor" | "guide";

export interface RoomActions {
  join(name: string): void;
  leave(): void;
  follow(follow: boolean): void;
  point(point: boolean): void;
}

const MAX_NAME = 40;

const DOORS: Readonly<Record<Welcome, [eyebrow: Word, title: Word, words: Word]>> = {
  offer: ["together", "room_offer", "room_offer_words"],
  visitor: ["room_invited", "room_see", "room_words"],
  guide: ["room_invited", "room_guide", "room_guide_words"],
};

export class RoomPanel {
  readonly element = h("section", { class: "room panel", "aria-label": say("together"), hidden: true });
  private readonly name = h("input", {
    id: "room-name", class: "room-name", type: "text", maxlength: MAX_NAME, required: true, autocomplete: "nickname", spellcheck: "false",
  });

  private readonly enter = button("people", say("room_join"), () => undefined, { class: "button-main", type: "submit" });
  private readonly refusal = h("p", { class: "room-bad", role: "alert" });
  private readonly door: readonly Node[];
  private stands: "nowhere" | "outside" | "inside" = "nowhere";

  /** `welcome`: whether a link of a room brought this visitor here, a guide's link, or none. */
  constructor(
    welcome: Welcome,
    private readonly actions: RoomActions,
  ) {
    this.door = door(welcome, this.name, this.enter, (name) => actions.join(name));
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
    const close = button("close", say("close"), () => (this.element.hidden = true), { class: "button-round panel-close" });
    // Pressed buttons are made anew, too: whoever pressed one with a key stays on it.
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.textContent : null;
    replace(this.element, close, ...(view.inside ? this.together(view) : [...this.door, this.refusal]));
    if (focused) [...this.element.querySelectorAll("button")].find(({ textContent }) => textContent === focused)?.focus({ preventScroll: true });
  }

  private together({ you, guide, members, following, points, link }: RoomView): Node[] {
    const leads = guide !== null && guide === you;
    const named = members.find(({ m }) => m === guide);
    const words = say(leads ? "room_you_lead" : !named ? "room_no_guide" : following ? "room_you_follow" : "room_by_yourself");
    const sorted = [...members].sort((a, b) => Number(b.m === guide) - Number(a.m === guide) || a.name.localeCompare(b.name));
    return [
      h("p", { class: "eyebrow" }, members.length === 1 ? say("room_alone") : many("room_people", members.length)),
      h("h2", {}, leads ? say("room_you_guide") : named ? say("room_guides", { name: named.name }) : say("together")),
      h("p", { class: "quiet", role: "status" }, words),
      h(
        "ul",
        { class: "room-people" },
        ...sorted.map((member) =>
          h(
            "li",
            { class: member.m === guide ? "is-guide" : "" },
            h("span", { dir: "auto" }, member.name),
            member.m === you && h("span", { class: "tag" }, say("room_you")),
            member.m === guide && h("span", { class: "tag" }, say("room_is_guide")),
          ),
        ),
      ),
      shareField(say("room_share"), link, say("room_copy")),
      h(
        "div",
        { class: "room-acts" },
        ...(named && !leads
          ? [
              following
                ? button("eye", say("room_alone_look"), () => this.actions.follow(false))
                : button("tour", say("room_follow"), () => this.actions.follow(true), { class: "button-main" }),
            ]
          : []),
        leads && button("target", say("room_point"), () => this.actions.point(!points), { "aria-pressed": String(points) }),
        button("close", say("room_leave"), () => this.actions.leave()),
      ),
    ];
  }
}

function door(welcome: Welcome, name: HTMLInputElement, enter: HTMLButtonElement, join: (name: string) => void): Node[] {
  const form = h("form", { class: "room-door" }, h("label", { for: "room-name" }, say("room_name")), name, enter);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    join(name.value);
  });
  const [eyebrow, title, words] = DOORS[welcome];
  return [
    h("p", { class: "eyebrow" }, say(eyebrow)),
    h("h2", {}, say(title)),
    h("p", { class: "quiet" }, say(words)),
    form,
  ];
}
