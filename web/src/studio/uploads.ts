/** Files on their way: resumable uploads, and the jobs that make tiles of them, one row each. */

import { Upload } from "tus-js-client";
import { ask, subscribe } from "../data/graphql";
import { h } from "../ui/dom";
import { aboutNotes } from "./asset";
import type { Asset, Job } from "./asset";
import { many, say } from "./language";
import { codeWords, size, tusWords } from "./words";

const CHUNK_BYTES = 8 * 1024 * 1024;

export interface Deposit {
  file: File;
  /** address of a licence; empty: none is stated */
  rights: string;
  /** what the file is a new version of; null: a new thing */
  asset: Asset | null;
}

export class Uploads {
  readonly element = h("ul", { class: "doing", "aria-label": say("uploads") });

  /** `changed` is called when something came of a file. */
  constructor(private readonly changed: () => void) {}

  async take({ file, rights, asset }: Deposit): Promise<void> {
    const row = new Row(file.name, asset && (asset.title || asset.masterName));
    this.element.prepend(row.element);
    const metadata: Record<string, string> = asset
      ? { filename: file.name, asset: asset.id }
      : { filename: file.name, title: titleOf(file.name), ...(rights ? { rights } : {}) };
    const upload = new Upload(file, {
      endpoint: "/uploads",
      chunkSize: CHUNK_BYTES,
      retryDelays: [0, 1000, 3000, 5000, 10000],
      removeFingerprintOnSuccess: true,
      // The same file may be a thing of its own and a version of another: what broke off is found by both.
      fingerprint: async () => `chronotope-${asset?.id ?? "new"}-${file.name}-${file.size}-${file.lastModified}`,
      metadata,
      onProgress: (sent, total) => row.say(say("uploading", { sent: size(sent), total: size(total) }), sent / total),
      onError: (error) => row.fail(tusWords(error)),
      onAfterResponse: (_request, response) => {
        const job = response.getHeader("Chronotope-Job");
        if (job) this.follow(job, row, asset);
      },
      onSuccess: () => {
        row.say(say("received"), 1);
        this.changed();
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

  private follow(job: string, row: Row, asset: Asset | null): void {
    if (row.job === job) return;
    row.job = job;
    const show = (now: Job): boolean => {
      const state = now.state.toLowerCase();
      if (state === "done") void this.arrived(row, asset);
      else if (state === "rejected" || state === "failed") row.fail(codeWords(now.code, now.message));
      else if (state === "cancelled") row.fail(say("cancelled"));
      else {
        row.say(now.message || say(state === "queued" ? "waiting" : "being_read"), now.progress);
        return false;
      }
      this.changed();
      return true;
    };
    const end = subscribe<{ job: Job }>(
      "subscription Job($id: ID!) { job(id: $id) { id state progress message code } }",
      { id: job },
      (data) => {
        if (show(data.job)) end();
      },
      () => row.say(say("not_followed"), null),
    );
  }

  /** A new version says what became of the notes at it. */
  private async arrived(row: Row, asset: Asset | null): Promise<void> {
    row.done(say("asset_READY"));
    if (!asset) return;
    try {
      const { node } = await ask<{ node: { report: string[] } | null }>(
        "query Report($id: ID!) { node(id: $id) { ... on Asset { report } } }",
        { id: asset.id },
      );
      const { lines, flagged } = aboutNotes(node?.report ?? []);
      if (flagged > 0) row.warn(many("notes_flagged", flagged));
      else if (lines.length > 0) row.done(say("notes_along"));
      row.tell(lines);
    } catch {
      // The version is up; what became of the notes stands in the thing's own row.
    }
  }
}

class Row {
  job = "";
  onPause: (paused: boolean) => void = () => undefined;
  private readonly bar = h("progress", { max: "1", value: "0" });
  private readonly text = h("p", { class: "doing-text", role: "status" }, say("starting"));
  private readonly pause = h("button", { type: "button", class: "button" }, say("pause"));
  readonly element: HTMLElement;

  /** `of` is what the file is a new version of. */
  constructor(name: string, of: string | null) {
    let paused = false;
    this.bar.setAttribute("aria-label", name);
    this.pause.addEventListener("click", () => {
      paused = !paused;
      this.pause.textContent = say(paused ? "go_on" : "pause");
      if (paused) this.text.textContent = say("paused");
      this.onPause(paused);
    });
    this.element = h("li", { class: "doing-row" }, h("p", { class: "doing-name" }, name, of !== null && h("span", { class: "quiet doing-of" }, say("version_of", { title: of }))), this.bar, this.text, this.pause);
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

  warn(text: string): void {
    this.done(text);
    this.element.classList.add("is-flagged");
  }

  /** Lines of a report, under the row. */
  tell(lines: readonly string[]): void {
    if (lines.length > 0) {
      this.element.append(h("ul", { class: "doing-report" }, ...lines.map((line) => h("li", { class: line.includes(" is flagged: ") ? "bad" : "" }, line))));
    }
  }

  fail(why: string): void {
    this.text.textContent = why;
    this.pause.hidden = true;
    this.element.classList.add("is-bad");
  }
}

function titleOf(name: string): string {
  return name.replace(/\.[^.]+$/, "").replaceAll("_", " ");
}
