/** Scenes in the studio: open one to compose it, or begin a new one. */

import { ask } from "../data/graphql";
import { wholeList } from "../data/pages";
import { button, h, replace } from "../ui/dom";
import { say } from "./language";
import { whenSent } from "./sending";
import { words } from "./words";

interface Listed {
  id: string;
  title: string;
}

const SCENES = `query Scenes($after: String) {
  scenes(first: 100, after: $after) { nodes { id title } pageInfo { hasNextPage endCursor } }
}`;
const CREATE = `mutation Begin($input: CreateSceneInput!) { createScene(input: $input) { scene { id } } }`;
const LAYER = `mutation Layer($input: CreateLayerInput!) { createLayer(input: $input) { layer { id } } }`;
/** where a visitor arrives until somebody says better: before the middle, at the height of the eyes */
const VIEWPOINT = { position: [0, 1.7, 12], target: [0, 1.2, 0] };

export class Scenes {
  private readonly list = h("ul", { class: "scenes" });
  private readonly title = h("input", { type: "text", id: "scene-title", maxlength: "300", required: true });
  private readonly bad = h("p", { class: "bad", role: "alert", hidden: true });
  readonly element: HTMLElement;

  constructor() {
    const form = h("form", { class: "drop-row" }, h("label", { for: "scene-title" }, say("scene_new")), this.title, button("next", say("begin"), () => undefined, { type: "submit" }));
    whenSent(form, () => this.begin());
    this.element = h("section", { "aria-label": say("scenes") }, h("h2", { class: "section" }, say("scenes")), this.list, form, this.bad);
    void this.read();
  }

  private async read(): Promise<void> {
    try {
      const rows = (await wholeList<Listed>(SCENES)).map(({ id, title }) =>
        h("li", {}, h("a", { href: `/studio#scene=${encodeURIComponent(id)}` }, title || say("untitled"))),
      );
      replace(this.list, ...(rows.length > 0 ? rows : [h("li", { class: "quiet" }, say("scenes_none"))]));
    } catch (error) {
      this.refuse(error);
    }
  }

  private async begin(): Promise<void> {
    const title = this.title.value.trim();
    if (title === "") return;
    try {
      const defaultMoment = String(new Date().getFullYear());
      const { createScene } = await ask<{ createScene: { scene: { id: string } } }>(CREATE, { input: { title, defaultMoment, viewpoint: VIEWPOINT } });
      const { id } = createScene.scene;
      await ask(LAYER, { input: { scene: id, title: say("layer_first") } });
      location.hash = `scene=${encodeURIComponent(id)}`;
    } catch (error) {
      this.refuse(error);
    }
  }

  private refuse(error: unknown): void {
    this.bad.textContent = words(error);
    this.bad.hidden = false;
  }
}
