/** What is said of a deposited thing: its name, rights, who may know of it and from when, and the object that it shows. */

import { ask } from "../data/graphql";
import { button, h, replace } from "../ui/dom";
import { say } from "./language";
import type { StudioWord } from "./language";
import { rightsChoice } from "./rights";
import { refusal, whenSent } from "./sending";
import { words } from "./words";

const OBJECT = ["inventoryNumber", "title", "typeOfObject", "materials", "measurements", "period", "maker", "inscriptions", "distinguishingFeatures", "subject", "description"] as const;
type ObjectIdentity = Record<(typeof OBJECT)[number], string>;

interface About {
  id: string;
  revision: number;
  title: string;
  rights: string;
  attribution: string;
  visibility: "DRAFT" | "MEMBERS" | "PUBLIC";
  finest: number;
  embargo: string | null;
  identity: ObjectIdentity | null;
}

const ABOUT = `query About($id: ID!) {
  node(id: $id) { ... on Asset { id revision title rights attribution visibility finest embargo identity { ${OBJECT.join(" ")} } } }
}`;

/** A part of a thing's row that is filled when it is opened; `changed` is called once something was kept. */
export function aboutThing(id: string, changed: () => void): HTMLElement {
  const inside = h("div", {});
  const whole = h("details", { class: "about-thing" }, h("summary", {}, say("about_change")), inside);
  whole.addEventListener("toggle", () => {
    if (!whole.open || inside.childElementCount > 0) return;
    ask<{ node: About | null }>(ABOUT, { id }).then(
      ({ node }) => node && replace(inside, formOf(node, changed)),
      (error: unknown) => replace(inside, h("p", { class: "bad", role: "alert" }, words(error))),
    );
  });
  return whole;
}

function formOf(about: About, changed: () => void): HTMLFormElement {
  const told = h("div", { role: "alert" });
  const line = (value: string, most = 2000): HTMLInputElement => h("input", { type: "text", maxlength: String(most), value });
  const title = line(about.title, 300);
  const rights = rightsChoice(`rights-${about.id}`, about.rights);
  const attribution = line(about.attribution);
  const audience = h("select", {}, ...(["DRAFT", "MEMBERS", "PUBLIC"] as const).map((each) => h("option", { value: each }, say(`seen_${each}`))));
  audience.value = about.visibility;
  const embargo = h("input", { type: "datetime-local", value: about.embargo ? local(about.embargo) : "" });
  const finest = h("input", { type: "number", min: "0", step: "any", value: String(about.finest) });
  const object = OBJECT.map((name) => [name, line(about.identity?.[name] ?? "", 4000)] as const);
  const field = (name: StudioWord, input: HTMLElement): HTMLElement => h("label", { class: "making-field" }, h("span", {}, say(name)), input);
  /** What was changed alone: who may show things to others is asked for just that. */
  const changes = (identity: Record<string, string>): Record<string, unknown> => {
    const now: Record<string, unknown> = {
      title: title.value,
      rights: rights.value,
      attribution: attribution.value,
      visibility: audience.value,
      finest: Number(finest.value || 0),
    };
    const changed = Object.entries(now).filter(([name, value]) => value !== about[name as keyof About]);
    const said = Object.values(identity).some((text) => text !== "");
    return {
      ...Object.fromEntries(changed),
      ...(embargo.value === (about.embargo ? local(about.embargo) : "") ? {} : { embargo: embargo.value === "" ? null : new Date(embargo.value).toISOString() }),
      ...(OBJECT.every((name) => identity[name] === (about.identity?.[name] ?? "")) ? {} : { identity: said ? identity : null }),
    };
  };
  const keep = async (over: boolean): Promise<void> => {
    const identity = Object.fromEntries(object.map(([name, input]) => [name, input.value.trim()]));
    try {
      await ask(`mutation Say($input: UpdateAssetInput!) { updateAsset(input: $input) { revision { number } } }`, {
        input: { id: about.id, expectedRevision: over ? null : about.revision, ...changes(identity) },
      });
      changed();
    } catch (error) {
      replace(told, ...refusal(error, () => void keep(true)));
    }
  };
  const form = h(
    "form",
    { class: "making" },
    h("div", { class: "about-fields" }, field("title", title), field("rights", rights), field("attribution", attribution), field("about_seen", audience), field("embargo", embargo), field("finest", finest)),
    h("fieldset", { class: "about-object" }, h("legend", {}, say("object")), h("div", { class: "about-fields" }, ...object.map(([name, input]) => field(`object_${name}`, input)))),
    told,
    h("p", { class: "row-acts" }, button("next", say("keep"), () => undefined, { type: "submit", class: "button-main" })),
  );
  whenSent(form, () => keep(false));
  return form;
}

/** A moment as a field for day and hour wants it, in the curator's own zone. */
function local(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
