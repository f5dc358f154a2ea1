/** The page's end of its worker of files. */

import type { Arrived } from "../stream/session";
import type { Order, Report, Source } from "./messages";

/** A file that is whole and checked: a model's bytes, or a picture. */
export type Made = { digest: string; from: Source } & ({ bytes: Uint8Array<ArrayBuffer> } | { bitmap: ImageBitmap });

export interface FileHandlers {
  made(file: Made): void;
  failed(digest: string, from: Source, damaged: boolean, why: string): void;
  /** the list of what is kept came after `open` had lost patience */
  late(digests: string[]): void;
}

export interface FileStats {
  /** files by where they came from */
  stream: number;
  kept: number;
  http: number;
}

export class Files {
  private readonly worker = new Worker(new URL("./files.worker.ts", import.meta.url), { type: "module", name: "files" });
  private readonly onDevice = new Set<string>();
  private opened: (() => boolean) | null = null;
  private handlers: FileHandlers | null = null;
  readonly stats: FileStats = { stream: 0, kept: 0, http: 0 };

  /** Starts the worker: the sooner, the less the first picture waits for it. */
  constructor() {
    this.worker.onmessage = (message: MessageEvent<Report>) => this.hear(message.data);
    this.worker.onerror = (event) => console.error("files:", event.message || "the worker did not start");
  }

  /** Whoever asks for files hears of them. */
  tell(handlers: FileHandlers): void {
    this.handlers = handlers;
  }

  /** What is kept on this device will be asked for as soon as the scene is known. */
  prepare(): void {
    this.order({ order: "prepare" });
  }

  /**
   * Begins for a scene; settles when the list of what is kept is read, or after `patienceMs`: a slow disk must not hold
   * up the first picture. `keeps`: whether files may stay on this device after the visit.
   */
  open(scene: string, keeps: boolean, patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      let waiting = true;
      this.opened = () => {
        const inTime = waiting;
        waiting = false;
        resolve();
        return inTime;
      };
      window.setTimeout(() => {
        waiting = false;
        resolve();
      }, patienceMs);
      this.order({ order: "open", scene, keeps });
    });
  }

  /** Digests of what is kept for this scene, the latest used first. */
  get kept(): ReadonlySet<string> {
    return this.onDevice;
  }

  /** A file as it was sent; its bytes are given away. */
  unpack(file: Arrived): void {
    this.order({ order: "unpack", ...file }, [file.bytes.buffer]);
  }

  /** A file that was said to be here. */
  find(file: Pick<Arrived, "content" | "digest" | "length">): void {
    const { content, digest, length } = file;
    this.order({ order: "find", content, digest, length });
  }

  private order(order: Order, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer);
  }

  private hear(report: Report): void {
    switch (report.report) {
      case "opened":
        for (const digest of report.digests) this.onDevice.add(digest);
        if (this.opened?.() === false) this.handlers?.late(report.digests);
        break;
      case "kept":
        this.onDevice.add(report.digest);
        break;
      case "model":
      case "picture":
        this.stats[report.from] += 1;
        this.handlers?.made(report);
        break;
      case "failed":
        this.onDevice.delete(report.digest);
        this.handlers?.failed(report.digest, report.from, report.damaged, report.why);
        break;
    }
  }
}
