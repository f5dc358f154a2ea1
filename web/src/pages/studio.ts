/** The curator's page: who am I, bring a file, watch it become tiles, give things new versions, bring people in. */

import "../styles/base.css";
import "../styles/gallery.css";
import "../styles/studio.css";
import "../styles/museum.css";
import "../styles/exhibitions.css";
import { wholeList } from "../data/pages";
import { rightsChoice } from "../studio/rights";
import { ASSET, assetRow } from "../studio/asset";
import type { Asset } from "../studio/asset";
import { People } from "../studio/people";
import { Uploads } from "../studio/uploads";
import { Scenes } from "../studio/scenes";
import { say, speakHere } from "../studio/language";
import { masthead } from "../studio/masthead";
import { whoAmI, works } from "../studio/me";
import type { Me } from "../studio/me";
import { words } from "../studio/words";
import { h, replace } from "../ui/dom";

class Studio {
  private readonly list = h("ul", { class: "assets" });
  private readonly uploads = new Uploads(() => void this.refresh());
  private readonly rights = rightsChoice("rights", "");

  async open(main: Element, me: Me): Promise<void> {
    replace(main, masthead("studio", me), new Scenes().element, this.dropZone(), this.uploads.element, h("h2", { class: "section" }, say("things")), this.list, new People().element);
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
      { class: "drop", "aria-label": say("bring_in") },
      h("p", { class: "drop-title" }, say("drop_here")),
      h("p", { class: "quiet" }, say("drop_kinds")),
      h("div", { class: "drop-row" }, input, h("label", { class: "button button-main", for: "files" }, say("choose_files")), h("label", { class: "rights-label", for: "rights" }, say("rights")), this.rights),
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

  /** All things, what was deposited last first. */
  private async assets(): Promise<Asset[]> {
    const found = await wholeList<Asset>(
      `query Things($after: String) { assets(first: 50, after: $after) { nodes { ${ASSET} } pageInfo { hasNextPage endCursor } } }`,
    );
    return found.reverse();
  }

  private async refresh(): Promise<void> {
    try {
      const rows = (await this.assets()).map((asset) =>
        assetRow(asset, (file) => void this.uploads.take({ file, rights: "", asset }), () => void this.refresh()),
      );
      replace(this.list, ...(rows.length > 0 ? rows : [h("li", { class: "quiet" }, say("things_none"))]));
    } catch (error) {
      replace(this.list, h("li", { class: "bad", role: "alert" }, words(error)));
    }
  }
}

function notice(title: string, why: string): HTMLElement {
  return h("div", { class: "notice panel", role: "alert" }, h("h1", {}, title), h("p", {}, why));
}

/** What a visitor sees, who may come in another time. */
function closed(): HTMLElement {
  return h("p", { class: "prose" }, say("curators_only"), " ", h("a", { href: "/sign-in?next=/studio" }, say("sign_in")), say("or_link"));
}

/** The studio, or of it another page, which is loaded when it is wanted. */
async function open(): Promise<void> {
  const main = document.querySelector("main")!;
  await speakHere();
  const wanted = new URLSearchParams(location.hash.slice(1));
  const scene = wanted.get("scene");
  try {
    if (scene !== null) {
      const { compose } = await import("./compose");
      if (!(await compose(main, scene))) replace(main, notice(say("scene_none"), say("scene_none_why")));
      return;
    }
    const me = await whoAmI();
    document.title = `${say("place_studio")} · Chronotope`;
    if (!works(me)) replace(main, masthead("studio", me), closed());
    else if (wanted.has("museum")) (await import("./museum")).museum(main, me);
    else if (wanted.has("exhibitions")) (await import("./exhibitions")).exhibitions(main, me);
    else await new Studio().open(main, me);
  } catch (error) {
    replace(main, notice(say("not_opened"), words(error)));
  }
}

window.addEventListener("hashchange", () => location.reload());
void open();
