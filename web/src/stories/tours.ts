/** A tour, made by flying: stand where visitors should, at the moment that they should see, and keep this view. */

import { say } from "../studio/language";
import { yearLabel, edtfYear } from "../time/years";
import { button, h, replace } from "../ui/dom";
import { labelled, lineField, storyForm } from "./form";
import { remove, stepsInput, write } from "./records";
import type { Medium, Stop, Tour } from "./records";
import type { Stand } from "./stories";

export class TourForm {
  readonly element: HTMLElement;
  private readonly steps: Stop[];
  private readonly list = h("ol", { class: "stops" });
  private readonly told = h("p", { class: "quiet", role: "status" });
  /** the stop that is open for its words; one at a time */
  private open: Stop | null = null;

  constructor(
    private readonly stand: Stand,
    tour: Tour | null,
    private readonly sounds: readonly Medium[],
    done: () => void,
  ) {
    this.steps = (tour?.steps ?? []).map((step) => ({ ...step }));
    const title = lineField(tour?.title ?? "", true);
    const about = h("textarea", { rows: "2", maxlength: "20000" });
    about.value = tour?.description ?? "";
    const keepView = button("eye", say("keep_view"), () => this.add(), { class: "keep-view" });
    this.element = storyForm(
      say(tour ? "tour_one" : "tour_new"),
      [labelled(say("title"), title), labelled(say("description"), about), h("p", { class: "quiet" }, say("tour_how")), keepView, this.told, this.list],
      {
        keep: async (over) => {
          if (this.steps.length === 0) throw new Error(say("tour_empty"));
          await write("Tour", stand.scene, tour && { id: tour.id, revision: over ? null : tour.revision }, {
            title: title.value,
            description: about.value,
            steps: stepsInput(this.steps),
          });
          done();
        },
        leave: done,
        remove: tour && (async () => {
          await remove("Tour", tour.id);
          done();
        }),
      },
    );
    this.show();
  }

  private add(): void {
    const { at, hypothesis } = this.stand.moment();
    const stop: Stop = { title: say("stop_n", { n: this.steps.length + 1 }), text: "", moment: at, viewpoint: this.stand.view(), hypothesis: hypothesis === null ? null : { id: hypothesis }, audio: null };
    this.steps.push(stop);
    this.open = stop;
    this.show();
    this.told.textContent = say("view_kept", { title: stop.title });
    this.list.querySelector<HTMLElement>("li:last-child input")?.focus();
  }

  private show(): void {
    replace(this.list, ...this.steps.map((stop, i) => h("li", { class: "stop" }, this.head(stop, i), stop === this.open && this.words(stop))));
  }

  private head(stop: Stop, i: number): HTMLElement {
    const name = stop.title || say("untitled");
    const year = edtfYear(stop.moment);
    const moving = (by: -1 | 1): void => {
      this.steps.splice(i, 1);
      this.steps.splice(i + by, 0, stop);
      this.show();
    };
    const round = (sign: string, act: string, does: () => void, disabled = false): HTMLElement => button(sign, `${act}: ${name}`, does, { class: "button-round", disabled });
    return h(
      "div",
      { class: "stop-head" },
      h("button", { type: "button", class: "story", "aria-expanded": String(stop === this.open), onClick: () => {
        this.open = stop === this.open ? null : stop;
        this.show();
      } }, h("span", {}, name), h("span", { class: "quiet" }, year === null ? stop.moment : yearLabel(year))),
      h(
        "div",
        { class: "stop-acts" },
        round("orbit", say("go_there"), () => this.stand.look(stop.viewpoint, stop.moment)),
        round("eye", say("view_anew"), () => {
          [stop.viewpoint, stop.moment] = [this.stand.view(), this.stand.moment().at];
          this.show();
          this.told.textContent = say("view_kept", { title: name });
        }),
        round("up", say("earlier_stop"), () => moving(-1), i === 0),
        round("down", say("later_stop"), () => moving(1), i === this.steps.length - 1),
        round("close", say("stop_leave"), () => {
          this.steps.splice(i, 1);
          this.show();
        }),
      ),
    );
  }

  private words(stop: Stop): HTMLElement {
    const title = lineField(stop.title, false);
    const text = h("textarea", { rows: "4", maxlength: "20000" });
    text.value = stop.text;
    title.addEventListener("input", () => (stop.title = title.value));
    title.addEventListener("change", () => this.list.querySelectorAll(".stop .story > span:first-child")[this.steps.indexOf(stop)]!.replaceChildren(stop.title));
    text.addEventListener("input", () => (stop.text = text.value));
    const sound = h("select", {}, h("option", { value: "" }, say("sound_none")), ...this.sounds.map(({ id, title: name }) => h("option", { value: id }, name)));
    sound.value = stop.audio?.asset?.id ?? "";
    const captions = h("textarea", { rows: "4", maxlength: "200000", spellcheck: "false", placeholder: "WEBVTT\n\n00:00.000 --> 00:02.000\n…" });
    captions.value = stop.audio?.captions ?? "";
    const captioned = labelled(say("captions"), captions);
    captioned.hidden = stop.audio === null;
    sound.addEventListener("change", () => {
      const { language, captions: before } = stop.audio ?? { language: document.documentElement.lang || "en", captions: captions.value };
      stop.audio = sound.value === "" ? null : { url: "", asset: { id: sound.value }, captions: before, language };
      captioned.hidden = stop.audio === null;
    });
    captions.addEventListener("input", () => stop.audio && (stop.audio.captions = captions.value));
    return h("div", { class: "stop-words" }, labelled(say("title"), title), labelled(say("stop_text"), text), (this.sounds.length > 0 || stop.audio !== null) && labelled(say("sound"), sound), captioned);
  }
}
