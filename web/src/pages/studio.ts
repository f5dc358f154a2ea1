/** The curator's page: who am I, bring a file, watch it become tiles, see what there is. */

import "../styles/base.css";
import "../styles/gallery.css";
import "../styles/studio.css";
import { Upload } from "tus-js-client";
import { ApiError, ask, subscribe } from "../data/graphql";
import { h, replace } from "../ui/dom";
import { rightsName } from "../ui/rights";

interface Job {
  id: string;
  state: string;
  progress: number;
  message: string;
  code: string;
}

interface Asset {
  id: string;
  title: string;
  masterName: string;
  byteLength: number;
  rights: string;
  state: string;
  visibility: string;
  code: string;
  report: string[];
  createdAt: string;
  tileset: { tiles: number; levels: number; triangles: number; byteLength: number } | null;
  jobs: Job[];
}

const ASSET = `id title masterName byteLength rights state visibility code report createdAt
  tileset { tiles levels triangles byteLength } jobs { id state progress message code }`;

const RIGHTS: [string, string][] = [
  ["", "Not stated yet: nobody else may see it"],
  ["https://creativecommons.org/publicdomain/zero/1.0/", "CC0: no rights reserved"],
  ["https://creativecommons.org/publicdomain/mark/1.0/", "Public domain"],
  ["https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"],
  ["https://creativecommons.org/licenses/by-sa/4.0/", "CC BY-SA 4.0"],
  ["https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0"],
  ["https://rightsstatements.org/vocab/InC/1.0/", "In copyright"],
];

/** What a refusal means and what to do; anything else shows the server's own words. */
const CODES: Record<string, string> = {
  MALFORMED: "The file is damaged or not what its name says. Export it again from the program that made it.",
  UNSUPPORTED: "This kind of file is not read. GLB, glTF, OBJ, PLY, STL, OFF, COLLADA and 3MF are.",
  LIMIT: "The file is larger than this museum accepts.",
  FORBIDDEN_REF: "The file refers to other files outside itself. Put everything into one zip, or export it as GLB.",
  UNSAFE: "The archive holds something that is not accepted: links, absolute paths or nested archives.",
  PARSER_CRASH: "The file brought the reader down twice. It was set aside; please send it to us.",
};

const STATES: Record<string, string> = {
  PENDING: "being made",
  READY: "ready",
  REJECTED: "refused",
  FAILED: "failed",
};

const CHUNK_BYTES = 8 * 1024 * 1024;

class Studio {
  private readonly list = h("ul", { class: "assets" });
  private readonly doing = h("ul", { class: "doing", "aria-label": "Uploads" });
  private readonly rights = h("select", { id: "rights" }, ...RIGHTS.map(([uri, name]) => h("option", { value: uri }, name)));

  constructor(private readonly main: Element) {}

  async open(): Promise<void> {
    let me: { name: string; role: string } | null;
    try {
      me = (await ask<{ me: { name: string; role: string } | null }>("{ me { name role } }")).me;
    } catch (error) {
      replace(this.main, notice("The studio is not answering", words(error)));
      return;
    }
    const head = h(
      "header",
      { class: "masthead" },
      h("p", { class: "brand" }, h("a", { href: "/" }, "Chronotope")),
      h("h1", {}, "Studio"),
      h("p", { class: "whoami", id: "whoami" }, who(me)),
    );
    if (!me || me.role.toLowerCase() === "visitor") {
      replace(
        this.main,
        head,
        h("p", { class: "prose" }, "Only curators can bring things in. Open the curator link that the server printed when it started, or ask your administrator for one."),
      );
      return;
    }
    replace(this.main, head, this.dropZone(), this.doing, h("h2", { class: "section" }, "Things"), this.list);
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
      h("p", { class: "drop-title" }, "Drop models here"),
      h("p", { class: "quiet" }, "GLB, glTF, OBJ or COLLADA (zipped with their textures), PLY, STL, OFF, 3MF. An upload that breaks off goes on where it stopped."),
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
    for (const file of files ?? []) void this.upload(file);
  }

  private async upload(file: File): Promise<void> {
    const row = new Row(file);
    this.doing.prepend(row.element);
    const rights = this.rights.value;
    const upload = new Upload(file, {
      endpoint: "/uploads",
      chunkSize: CHUNK_BYTES,
      retryDelays: [0, 1000, 3000, 5000, 10000],
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, title: titleOf(file.name), ...(rights ? { rights } : {}) },
      onProgress: (sent, total) => row.say(`uploading, ${size(sent)} of ${size(total)}`, sent / total),
      onError: (error) => row.fail(tusWords(error)),
      onAfterResponse: (_request, response) => {
        const job = response.getHeader("Chronotope-Job");
        if (job) this.follow(job, row);
      },
      onSuccess: () => {
        row.say("received, waiting to be read", 1);
        void this.refresh();
      },
    });
    row.onPause = (paused) => {
      if (paused) void upload.abort();
      else upload.start();
    };
    // What broke off earlier goes on, after a reload too.
    const earlier = await upload.findPreviousUploads().catch(() => []);
    if (earlier[0]) upload.resumeFromPreviousUpload(earlier[0]);
    upload.start();
  }

  private follow(job: string, row: Row): void {
    if (row.job === job) return;
    row.job = job;
    const show = (now: Job): boolean => {
      const state = now.state.toLowerCase();
      if (state === "done") row.done("ready");
      else if (state === "rejected" || state === "failed") row.fail(CODES[now.code] ?? (now.message || "It could not be read."));
      else if (state === "cancelled") row.fail("Cancelled.");
      else {
        row.say(now.message || (state === "queued" ? "waiting to be read" : "being made into tiles"), now.progress);
        return false;
      }
      void this.refresh();
      return true;
    };
    const end = subscribe<{ job: Job }>(
      "subscription Job($id: ID!) { job(id: $id) { id state progress message code } }",
      { id: job },
      (data) => {
        if (show(data.job)) end();
      },
      () => row.say("its progress cannot be followed; reload to see how it went", null),
    );
  }

  private async refresh(): Promise<void> {
    try {
      const { assets } = await ask<{ assets: { edges: { node: Asset }[] } }>(
        `{ assets(first: 50) { edges { node { ${ASSET} } } } }`,
      );
      const rows = assets.edges.map((edge) => assetRow(edge.node));
      replace(this.list, ...(rows.length > 0 ? rows : [h("li", { class: "quiet" }, "Nothing here yet.")]));
    } catch (error) {
      replace(this.list, h("li", { class: "bad", role: "alert" }, words(error)));
    }
  }
}

class Row {
  job = "";
  onPause: (paused: boolean) => void = () => undefined;
  private readonly bar = h("progress", { max: "1", value: "0" });
  private readonly text = h("p", { class: "doing-text", role: "status" }, "starting");
  private readonly pause = h("button", { type: "button", class: "button" }, "Pause");
  readonly element: HTMLElement;

  constructor(file: File) {
    let paused = false;
    this.bar.setAttribute("aria-label", file.name);
    this.pause.addEventListener("click", () => {
      paused = !paused;
      this.pause.textContent = paused ? "Go on" : "Pause";
      if (paused) this.text.textContent = "paused";
      this.onPause(paused);
    });
    this.element = h("li", { class: "doing-row" }, h("p", { class: "doing-name" }, file.name), this.bar, this.text, this.pause);
  }

  say(text: string, progress: number | null): void {
    if (this.element.classList.contains("is-bad")) return;
    this.text.textContent = text;
    if (progress !== null) this.bar.value = progress;
    if (this.job !== "") this.pause.hidden = true;
  }

  done(text: string): void {
    this.say(text, 1);
    this.pause.hidden = true;
    this.element.classList.add("is-done");
  }

  fail(why: string): void {
    this.text.textContent = why;
    this.pause.hidden = true;
    this.element.classList.add("is-bad");
  }
}

function assetRow(asset: Asset): HTMLElement {
  const state = asset.state.toUpperCase();
  const { tileset } = asset;
  const job = asset.jobs.at(-1);
  const figures = tileset
    ? `${count(tileset.triangles)} triangles · ${count(tileset.tiles)} tiles in ${tileset.levels} levels · ${size(tileset.byteLength)} to stream`
    : "";
  return h(
    "li",
    { class: "asset", "data-id": asset.id, "data-state": state },
    h("div", {}, h("p", { class: "asset-title" }, asset.title || asset.masterName), h("p", { class: "quiet" }, `${asset.masterName} · ${size(asset.byteLength)} · ${rightsName(asset.rights)}`)),
    h("p", { class: `state state-${state}` }, STATES[state] ?? asset.state, asset.visibility.toUpperCase() === "PUBLIC" ? ", public" : ""),
    figures && h("p", { class: "asset-figures" }, figures),
    state === "REJECTED" || state === "FAILED"
      ? h("p", { class: "bad" }, CODES[asset.code] ?? (job?.message || "It could not be read."), asset.code && ` (${asset.code})`)
      : null,
    asset.report.length > 0 && h("details", {}, h("summary", {}, "What was found"), h("ul", {}, ...asset.report.map((line) => h("li", {}, line)))),
  );
}

function who(me: { name: string; role: string } | null): string {
  if (!me || me.role.toLowerCase() === "visitor") return "You are a visitor.";
  return `You are ${me.name}, ${me.role.toLowerCase()}.`;
}

function titleOf(name: string): string {
  return name.replace(/\.[^.]+$/, "").replaceAll("_", " ");
}

function words(error: unknown): string {
  return error instanceof ApiError || error instanceof Error ? error.message : String(error);
}

/** The server's own reason out of a failed tus request. */
function tusWords(error: Error & { originalResponse?: { getBody(): string; getStatus(): number } | null }): string {
  const body = error.originalResponse?.getBody();
  try {
    const problem = JSON.parse(body ?? "") as { detail?: string; title?: string; code?: string };
    return CODES[problem.code ?? ""] ?? problem.detail ?? problem.title ?? error.message;
  } catch {
    return error.originalResponse ? `The server answered ${error.originalResponse.getStatus()}.` : "The connection was lost.";
  }
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function notice(title: string, why: string): HTMLElement {
  return h("div", { class: "notice panel", role: "alert" }, h("h1", {}, title), h("p", {}, why));
}

void new Studio(document.querySelector("main")!).open();
