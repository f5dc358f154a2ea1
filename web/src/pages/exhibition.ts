/**
 * Opens the visitor's page. All that takes a way to the server or a start of its own begins at once and side by side: what
 * the exhibition is, the page's larger part (`visit`, with three.js), the worker of files, the stream. And what is said where there is
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
import { opensAhead, streamOf } from "./ahead";

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
  try {
    const quality = suitableQuality(new URLSearchParams(location.search));
    await words;
    const exhibition = await arriving;
    if (!exhibition) {
      fail(main, say("no_such"), say("no_such_why"));
      return;
    }
    mark("records");
    const stream = streamOf(exhibition, files);
    const listed = keeps.then((may) => files.open(exhibition.scene.id, may, LIST_PATIENCE_MS));
    if (opensAhead()) void listed.then(() => stream.socket.start());
    const { Visit, WebGLMissing } = await larger;
    document.title = `${exhibition.title} · Chronotope`;
    try {
      void new Visit(main, exhibition, quality, files, stream).begin(listed);
    } catch (error) {
      void listed.then(() => stream.socket.pause());
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
