/** The chosen thing as words and numbers: name, date as people write it, place, reading, reliability, why. */

import { say } from "../studio/language";
import type { StudioWord } from "../studio/language";
import { button, h, replace } from "../ui/dom";
import { standOf, transformOf, typed } from "./poses";
import type { Stand } from "./poses";
import { proposals } from "./workshop";
import type { Thing, Workshop } from "./workshop";

/** Extended Matrix classes as the schema has them. */
const RELIABILITY = ["US", "SF", "VSF", "USVS", "USVN"] as const;

export interface InspectorActs {
  /** `label`: what undo is called; fields of UpdatePlacementInput, and what they were */
  edit(label: string, forth: Record<string, unknown>, back: Record<string, unknown>): void;
  duplicate(): void;
  remove(): void;
  drop(): void;
  align(): void;
}

export class Inspector {
  readonly element = h("div", { class: "inspector-thing", role: "group", "aria-label": say("chosen_thing") });
  private shown = "";

  constructor(private readonly acts: InspectorActs) {}

  show(thing: Thing | null, workshop: Workshop): void {
    const state = JSON.stringify([thing, workshop.layers, workshop.hypotheses]);
    // Whoever types is not to lose it because something else was saved.
    if (state === this.shown || (thing && this.element.dataset["id"] === thing.id && this.element.querySelector("input:focus, textarea:focus"))) return;
    this.shown = state;
    this.element.dataset["id"] = thing?.id ?? "";
    if (!thing) {
      replace(this.element, h("p", { class: "quiet" }, say("choose_thing")));
      return;
    }
    replace(
      this.element,
      this.text(say("name"), thing.title, thing.asset?.title ?? "", (title) => this.acts.edit(say("edit_rename"), { title }, { title: thing.title })),
      this.date(thing),
      ...this.place(thing),
      this.choice(say("layer"), workshop.layers.map(({ id, title }) => [id, title]), thing.layer.id, (layer) => this.acts.edit(say("edit_layer"), { layer }, { layer: thing.layer.id })),
      workshop.hypotheses.length > 0 &&
        this.choice(say("reading"), [["", say("reading_every")], ...workshop.hypotheses.map(({ id, title }): [string, string] => [id, title])], thing.hypothesis?.id ?? "", (id) =>
          this.acts.edit(say("edit_reading"), { hypothesis: id || null }, { hypothesis: thing.hypothesis?.id ?? null }),
        ),
      this.choice(say("reliability"), RELIABILITY.map((one): [string, string] => [one, say(`em_${one}` satisfies StudioWord)]), thing.reliability, (reliability) => this.acts.edit(say("edit_reliability"), { reliability }, { reliability: thing.reliability })),
      this.text(say("why"), thing.reason, "", (why) => this.acts.edit(say("edit_why"), { why }, { why: thing.reason }), true),
      h(
        "div",
        { class: "inspector-acts" },
        button("target", say("to_ground"), () => this.acts.drop()),
        button("ruler", say("align_three"), () => this.acts.align()),
        button("list", say("duplicate"), () => this.acts.duplicate()),
        button("close", say("remove"), () => this.acts.remove()),
      ),
    );
  }

  private text(label: string, value: string, hint: string, say: (value: string) => void, long = false): HTMLElement {
    const field = long ? h("textarea", { rows: "3", maxlength: "20000" }) : h("input", { type: "text", maxlength: "300", placeholder: hint });
    field.value = value;
    field.addEventListener("change", () => field.value !== value && say(field.value));
    return h("label", { class: "field" }, h("span", {}, label), field);
  }

  private choice(label: string, options: readonly (readonly [string, string])[], value: string, say: (value: string) => void): HTMLElement {
    const field = h("select", {}, ...options.map(([id, name]) => h("option", { value: id }, name)));
    field.value = value;
    field.addEventListener("change", () => say(field.value));
    return h("label", { class: "field" }, h("span", {}, label), field);
  }

  /** A date as people write it; what it may mean is shown, and one meaning is chosen. */
  private date(thing: Thing): HTMLElement {
    const field = h("input", { id: "existence", type: "text", maxlength: "200", placeholder: say("date_hint"), spellcheck: "false" });
    field.value = thing.existence.text;
    const meanings = h("ul", { class: "meanings", role: "status" });
    const take = (text: string): void => {
      replace(meanings);
      field.value = text;
      if (text !== thing.existence.text) this.acts.edit(say("edit_the_date"), { existence: text }, { existence: thing.existence.text });
    };
    let asked = 0;
    const ask = async (): Promise<void> => {
      const number = ++asked;
      const text = field.value.trim();
      if (text === "" || text === thing.existence.text) {
        replace(meanings);
        return;
      }
      const { proposals: found, reason } = await proposals(text).catch(() => ({ proposals: [], reason: say("unreachable") }));
      if (number !== asked) return; // more was typed meanwhile
      replace(
        meanings,
        ...(found.length === 0
          ? [h("li", { class: "bad" }, reason ?? say("no_date"))]
          : found.slice(0, 4).map((one) =>
              h("li", {}, button("next", one.label, () => take(one.text), { class: "meaning" }), h("code", {}, one.text), one.assumptions.length > 0 && h("span", { class: "quiet" }, one.assumptions.join(" · "))),
            )),
      );
    };
    field.addEventListener("input", () => void ask());
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") meanings.querySelector<HTMLButtonElement>("button")?.click();
    });
    const narrowed = thing.narrowed.text !== thing.existence.text && thing.narrowed.label !== "";
    return h(
      "div",
      { class: "field" },
      h("label", { for: "existence" }, say("when_stood")),
      field,
      h("p", { class: "quiet" }, thing.existence.label || say("undated")),
      narrowed && h("p", { class: "quiet" }, say("narrowed_to", { label: thing.narrowed.label })),
      meanings,
    );
  }

  private place(thing: Thing): HTMLElement[] {
    const stand = standOf(thing.transform);
    if (!stand) return [h("p", { class: "quiet" }, say("sheared"))];
    const row = (label: string, names: readonly string[], key: keyof Stand, unit: string): HTMLElement =>
      h(
        "fieldset",
        { class: "numbers" },
        h("legend", {}, `${label}, ${unit}`),
        ...names.map((name, i) => {
          const field = h("input", { type: "text", inputmode: "decimal", "aria-label": `${label}: ${name}` });
          const value = Math.round(stand[key][i]! * 1e4) / 1e4;
          field.value = String(value);
          field.addEventListener("change", () => {
            const found = typed(field.value);
            if (found === null || (key === "scale" && !(found > 0))) {
              field.value = String(value);
              return;
            }
            const next = { ...stand, [key]: stand[key].map((old, at) => (at === i ? found : old)) } as Stand;
            this.acts.edit(say("grip_move"), { transform: transformOf(next) }, { transform: thing.transform });
          });
          return h("label", {}, h("span", {}, name), field);
        }),
      );
    return [
      row(say("stand_place"), ["x", "y", "z"], "position", say("unit_metres")),
      row(say("stand_turned"), [say("turn_yaw"), say("turn_pitch"), say("turn_roll")], "turned", say("unit_degrees")),
      row(say("stand_size"), ["x", "y", "z"], "scale", say("unit_times")),
    ];
  }
}
