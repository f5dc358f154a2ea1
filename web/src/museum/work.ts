/** What the museum works on, and what failed with what to do about it. Read again while something is under way. */

import { ask } from "../data/graphql";
import { actOn, say, when } from "../studio/language";
import type { StudioWord } from "../studio/language";
import { codeWords } from "../studio/words";
import { button, h } from "../ui/dom";
import { Section, table } from "./section";

interface Job {
  id: string;
  kind: string;
  state: "QUEUED" | "RUNNING" | "DONE" | "REJECTED" | "FAILED" | "CANCELLED";
  progress: number;
  message: string;
  code: string;
  attempts: number;
  updatedAt: string;
  asset: { id: string; title: string; masterName: string; state: string } | null;
}

const JOB = "id kind state progress message code attempts updatedAt asset { id title masterName state }";
const AGAIN_MS = 3000;
const KINDS = new Set(["tile", "replace", "poster"]);

function about(job: Job): string {
  const kind = say((KINDS.has(job.kind) ? `job_${job.kind}` : "job_other") as StudioWord);
  return job.asset ? `${job.asset.title || job.asset.masterName} · ${kind}` : kind;
}

export class Work extends Section {
  private timer: number | undefined;

  constructor() {
    super("work", say("work"), "");
    void this.read();
  }

  async read(): Promise<void> {
    window.clearTimeout(this.timer);
    await this.trying(async () => {
      const { jobs } = await ask<{ jobs: Job[] }>(`{ jobs(first: 12) { ${JOB} } }`);
      this.fill(
        jobs.length === 0
          ? h("p", { class: "quiet" }, say("work_none"))
          : table(say("work"), [say("job_what"), say("job_state"), say("job_when"), ""], jobs.map((job) => this.row(job))),
      );
      if (jobs.some(({ state }) => state === "QUEUED" || state === "RUNNING")) this.timer = window.setTimeout(() => void this.read(), AGAIN_MS);
    });
  }

  private row(job: Job): (Node | string)[] {
    const isOpen = job.state === "QUEUED" || job.state === "RUNNING";
    const bar = h("progress", { max: "1", value: String(job.progress), "aria-label": about(job) });
    return [
      about(job),
      h("div", { class: `state state-${job.state}` }, say(`job_${job.state}`), job.state === "RUNNING" && bar, isOpen && job.message !== "" && h("span", { class: "quiet row-note" }, job.message)),
      when(job.updatedAt),
      isOpen ? button("close", say("job_cancel"), () => void this.cancel(job), { "aria-label": actOn(say("job_cancel"), about(job)) }) : "",
    ];
  }

  private async cancel({ id }: Job): Promise<void> {
    await this.trying(async () => void (await ask(`mutation Cancel($id: ID!) { cancelJob(id: $id) { job { id } } }`, { id })));
    await this.read();
  }
}

export class Troubles extends Section {
  constructor() {
    super("troubles", say("troubles"), "");
    void this.read();
  }

  private async read(): Promise<void> {
    await this.trying(async () => {
      const { jobs } = await ask<{ jobs: Job[] }>(`{ jobs(first: 100, states: [REJECTED, FAILED]) { ${JOB} } }`);
      const seen = new Set<string>();
      const open = jobs.filter((job) => {
        // A thing that is gone, or was read since, troubles nobody; of several attempts the last one tells.
        if (!job.asset || seen.has(job.asset.id)) return false;
        seen.add(job.asset.id);
        return job.kind === "tile" ? job.asset.state === "REJECTED" || job.asset.state === "FAILED" : job.asset.state === "READY";
      });
      this.fill(open.length === 0 ? h("p", { class: "quiet" }, say("troubles_none")) : h("ul", { class: "troubles" }, ...open.map((job) => this.row(job))));
    });
  }

  private row(job: Job): HTMLElement {
    const asset = job.asset!;
    const title = asset.title || asset.masterName;
    const isOurs = job.state === "FAILED";
    const isVersion = job.kind === "replace";
    return h(
      "li",
      { class: "trouble-row", "data-asset": asset.id },
      h("p", { class: "asset-title" }, title),
      h("p", { class: "bad" }, isOurs ? say("trouble_ours", { n: job.attempts }) : codeWords(job.code, job.message), job.code && h("span", { class: "quiet" }, ` ${job.code}`)),
      job.message !== "" && h("p", { class: "quiet" }, job.message),
      h("p", {}, say(isVersion ? "trouble_do_version" : isOurs ? "trouble_do_ours" : "trouble_do_theirs")),
      h(
        "p",
        { class: "row-acts" },
        !isVersion && button("redo", say("read_again"), () => void this.act(`mutation Again($id: ID!) { readAgain(id: $id) { job { id } } }`, asset.id, say("read_again_done", { title })), { "aria-label": actOn(say("read_again"), title) }),
        h("a", { class: "button", href: `/assets/${encodeURIComponent(asset.id)}/master`, download: asset.masterName }, say("get_back")),
        !isVersion && this.removal(asset.id, title),
      ),
      h("p", { class: "quiet" }, `${asset.masterName} · ${when(job.updatedAt)}`),
    );
  }

  /** Asked twice, in the same place, because the row goes away. */
  private removal(id: string, title: string): HTMLElement {
    const ask = button("close", say("remove"), () => {
      ask.replaceWith(sure);
      sure.focus();
    }, { "aria-label": actOn(say("remove"), title) });
    const sure = button("close", say("remove_sure"), () => void this.act(`mutation Remove($id: ID!) { removeAsset(id: $id) { revision { number } } }`, id, say("removed_done", { title })));
    return ask;
  }

  private async act(mutation: string, id: string, done: string): Promise<void> {
    const went = await this.trying(async () => void (await ask(mutation, { id })));
    await this.read();
    if (went) this.tell(done);
    this.element.dispatchEvent(new CustomEvent("acted"));
  }
}
