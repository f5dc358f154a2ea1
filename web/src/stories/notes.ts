/** A note: what it says, where its pin stands, and when it holds. */

import { say } from "../studio/language";
import { button, h } from "../ui/dom";
import { labelled, lineField, storyForm, Texts } from "./form";
import { remove, write } from "./records";
import type { Note } from "./records";
import type { Stand } from "./stories";

/** for notes that hold whatever the moment is */
const ALWAYS = "../..";

export function noteForm(stand: Stand, note: Note | null, speaking: string, done: () => void): HTMLElement {
  let at = note?.position ?? null;
  let thing = note?.placement?.id ?? null;
  let isMoved = note === null;
  const title = lineField(note?.title ?? "", true);
  const texts = new Texts(note?.bodies ?? [], speaking);
  const dates = h("input", { type: "text", maxlength: "200", value: note?.existence.text ?? ALWAYS, spellcheck: "false" });
  const where = h("p", { class: "quiet", role: "status" });
  const show = (): void => {
    where.textContent = say(at ? "note_placed" : "note_about_all");
    stand.mark(at);
  };
  const put = (to: [number, number, number], on: string | null): void => {
    [at, thing, isMoved] = [to, on, true];
    // A note at a thing holds as long as the thing stands, until somebody says otherwise.
    if (on && dates.value === ALWAYS) dates.value = stand.dateOf(on) || ALWAYS;
    show();
  };
  const point = button("target", say("note_point"), () => {
    where.textContent = say("note_point_now");
    stand.point(put);
  });
  const middle = button("eye", say("note_middle"), () => {
    const found = stand.middle();
    if (found) put(found.at, found.thing);
    else where.textContent = say("nothing_there");
  });
  show();
  const fields = (): Record<string, unknown> => ({
    title: title.value,
    bodies: texts.bodies,
    existence: dates.value.trim() || ALWAYS,
    // Left alone, an anchor keeps more than is shown here: a region, the spot on a surface.
    ...(isMoved ? { anchor: { position: at, placement: at ? thing : null } } : {}),
  });
  return storyForm(
    say(note ? "note" : "note_new"),
    [
      labelled(say("title"), title),
      h("div", { class: "inspector-acts" }, point, middle, note?.position && button("orbit", say("go_there"), () => stand.look(near(note.position!), null))),
      where,
      texts.element,
      labelled(say("note_when"), dates),
    ],
    {
      keep: async (over) => {
        await write("Annotation", stand.scene, note && { id: note.id, revision: over ? null : note.revision }, fields());
        done();
      },
      leave: done,
      remove: note && (async () => {
        await remove("Annotation", note.id);
        done();
      }),
    },
  );
}

function near(position: [number, number, number]): { position: [number, number, number]; target: [number, number, number] } {
  const [x, y, z] = position;
  return { position: [x + 5, y + 3, z + 7], target: position };
}
