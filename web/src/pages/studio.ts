/** The curator's page: who am I, bring a file, watch it become tiles, give things new versions, bring people in. */

import "../styles/base.css";
import "../styles/gallery.css";
import "../styles/studio.css";
import { ask } from "../data/graphql";
import { ASSET, assetRow } from "../studio/asset";
import type { Asset } from "../studio/asset";
import { People } from "../studio/people";
import { Uploads } from "../studio/uploads";
import { Scenes } from "../studio/scenes";
import { Visits } from "../studio/visits";
import { words } from "../studio/words";
import { h, replace } from "../ui/dom";

const RIGHTS: [string, string][] = [
  ["", "Not stated yet: nobody else may see it"],
  ["https://creativecommons.org/publicdomain/zero/1.0/", "CC0: no rights reserved"],
  ["https://creativecommons.org/publicdomain/mark/1.0/", "Public domain"],
  ["https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"],
  ["https://creativecommons.org/licenses/by-sa/4.0/", "CC BY-SA 4.0"],
  ["https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"],
  ["https://rightsstatements.org/vocab/InC/1.0/", "In copyright"],
];

class Studio {
  private readonly list = h("ul", { class: "assets" });
  private readonly uploads = new Uploads(() => void this.refresh());
  private readonly rights = h("select", { id: "rights" }, ...RIGHTS.map(([uri, name]) => h("option", { value: uri }, name)));

  constructor(private readonly main: Element) {}

  async open(): Promise<void> {
    let me: Me | null;
    try {
      me = (await ask<{ me: Me | null }>("{ me { name role exhibitions { role } } }")).me;
    } catch (error) {
      replace(this.main, notice("The studio is not answering", words(error)));
      return;
    }
    const head = h(
      "header",
      { class: "masthead" },
      h("p", { class: "brand" }, h("a", { href: "/" }, "Chronotope")),
      h("h1", {}, "Studio"),
      h("p", { class: "whoami", id: "whoami" }, who(me), " ", isKnown(me) ? h("a", { href: "/account" }, "Account") : ""),
    );
    if (!works(me)) {
      replace(
        this.main,
        head,
        h("p", { class: "prose" }, "Only curators can bring things in. ", h("a", { href: "/sign-in?next=/studio" }, "Sign in"), ", or open the curator link that the server printed when it started."),
      );
      return;
    }
    replace(this.main, head, new Scenes().element, this.dropZone(), this.uploads.element, h("h2", { class: "section" }, "Things"), this.list, new People().element, new Visits().element);
    await this.refresh();
  }

  private dropZone(): HTMLElement {
    const input = h("input", { type: "file", multiple: true, class: "sr-only", id: "files" });
    input.addEventListener("change", () => {
      this.take(input.files);
      input.value = "";
    });
    const zone = h(
      "section",
      { class: "drop", "aria-label": "Bring in files" },
      h("p", { class: "drop-title" }, "Drop models, recordings or pictures here"),
      h("p", { class: "quiet" }, "Models: GLB, glTF, OBJ or COLLADA (zipped with their textures), PLY, STL, OFF, 3MF. Recordings for tours: WAV, FLAC, MP3, Ogg, M4A. Pictures for texts: JPEG, PNG, WebP. An upload that breaks off goes on where it stopped."),
      h("div", { class: "drop-row" }, input, h("label", { class: "button button-main", for: "files" }, "Choose files"), h("label", { class: "rights-label", for: "rights" }, "Rights"), this.rights),
    );
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      this.take(event.dataTransfer?.files ?? null);
    });
    return zone;
  }

  private take(files: FileList | null): void {
    for (const file of files ?? []) void this.uploads.take({ file, rights: this.rights.value, asset: null });
  }

  private async refresh(): Promise<void> {
    try {
      const { assets } = await ask<{ assets: { edges: { node: Asset }[] } }>(
        `{ assets(first: 50) { edges { node { ${ASSET} } } } }`,
      );
      const rows = assets.edges.map(({ node }) =>
        assetRow(node, (file) => void this.uploads.take({ file, rights: "", asset: node })),
      );
      replace(this.list, ...(rows.length > 0 ? rows : [h("li", { class: "quiet" }, "Nothing here yet.")]));
    } catch (error) {
      replace(this.list, h("li", { class: "bad", role: "alert" }, words(error)));
    }
  }
}

interface Me {
  name: string;
  role: string;
  /** roles in single exhibitions */
  exhibitions?: { role: string }[];
}

const isKnown = (me: Me | null): boolean => me !== null && me.name !== "anonymous";

/** Whether somebody works on the museum, or on an exhibition of it. */
function works(me: Me | null): boolean {
  const roles = me ? [me.role, ...(me.exhibitions ?? []).map((each) => each.role)] : [];
  return roles.some((role) => role !== "VISITOR" && role !== "MEMBER");
}

function who(me: Me | null): string {
  if (!me || !isKnown(me)) return "You are a visitor.";
  const role = me.role.toLowerCase().replaceAll("_", "-");
  return works(me) && (role === "visitor" || role === "member") ? `You are ${me.name}, curator of an exhibition.` : `You are ${me.name}, ${role}.`;
}

function notice(title: string, why: string): HTMLElement {
  return h("div", { class: "notice panel", role: "alert" }, h("h1", {}, title), h("p", {}, why));
}

/** The studio, or of it the page of one scene, which is loaded when it is wanted. */
async function open(): Promise<void> {
  const main = document.querySelector("main")!;
  const scene = new URLSearchParams(location.hash.slice(1)).get("scene");
  if (scene === null) return new Studio(main).open();
  try {
    const { compose } = await import("./compose");
    if (!(await compose(main, scene))) replace(main, notice("There is no such scene", "It may have been removed, or it is not yours to see."));
  } catch (error) {
    replace(main, notice("The scene could not be opened", words(error)));
  }
}

window.addEventListener("hashchange", () => location.reload());
void open();
