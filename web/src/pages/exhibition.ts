/**
 * Opens the visitor's page. All that takes a way to the server or a start of its own begins at once and side by side: what
 * the exhibition is, the page's larger part (`visit`, with three.js), the worker of files. And what is said where there is
 * no exhibition, or nothing can be drawn.
 */

import "../styles/base.css";
import "../styles/exhibition.css";
import "../styles/thing.css";
import "../styles/room.css";
import "../styles/study.css";
import { loadExhibition } from "../data/exhibition";
import { signedIn } from "../data/graphql";
import { suitableQuality } from "../scene/quality";
import { h, replace } from "../ui/dom";
import { mark } from "../ui/marks";
import { say, speak, speakable, wantedLanguages } from "../ui/words";
import { Files } from "../workers/files";

/** A disk that does not answer must not hold up the first picture; what it says later is told later. */
const LIST_PATIENCE_MS = 2000;

async function main(): Promise<void> {
  const main = document.querySelector("main")!;
  const slug = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
  const wanted = wantedLanguages();
  const arriving = loadExhibition(slug, speakable(wanted));
  const larger = import("./visit");
  const words = speak(wanted);
  // Nothing of what somebody sees who is signed in stays on the device: it may be nobody else's to see.
  const keeps = signedIn().then((known) => !known, () => false);
  const files = new Files();
  files.prepare();
  const listed = arriving.then(
    async (found) => found && files.open(found.scene.id, await keeps, LIST_PATIENCE_MS),
    () => undefined, // told below
  );
  try {
    const quality = suitableQuality(new URLSearchParams(location.search));
    await words;
    const exhibition = await arriving;
    mark("records");
    const { Visit, WebGLMissing } = await larger;
    if (!exhibition) {
      fail(main, say("no_such"), say("no_such_why"));
      return;
    }
    document.title = `${exhibition.title} · Chronotope`;
    try {
      void new Visit(main, exhibition, quality, files).begin(listed);
    } catch (error) {
      if (!(error instanceof WebGLMissing)) throw error;
      fail(main, say("no_webgl"), error.message);
    }
  } catch (error) {
    fail(main, say("not_opened"), error instanceof Error ? error.message : String(error));
  }
}

function fail(main: Element, title: string, why: string): void {
  replace(main, h("div", { class: "notice panel", role: "alert" }, h("h1", {}, title), h("p", {}, why), h("a", { href: "/" }, say("all_exhibitions"))));
}

void main();
