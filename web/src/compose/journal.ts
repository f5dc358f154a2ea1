/**
 * What a curator did and has undone, and whether the museum has it. Edits go out one after another; while there is no
 * connection they wait on this device and go out when it is back, in the order in which they were made. Knows no page and
 * no server: `send` says an edit, and rejects with why it was not taken.
 */

export interface Edit {
  /** "Move the temple": what undo and redo are called */
  label: string;
  /** what is changed, as the server is asked; the same edit's other direction in `back` */
  forth: Step;
  back: Step;
}

export type Step =
  | { kind: "edit"; id: string; fields: Readonly<Record<string, unknown>> }
  | { kind: "create"; key: string; fields: Readonly<Record<string, unknown>> }
  | { kind: "remove"; key: string };

export interface JournalState {
  /** edits that the museum does not have yet */
  waiting: number;
  /** edits that were not taken, and that nobody has decided about */
  refused: number;
  /** why they were not; empty where all were */
  trouble: string;
  offline: boolean;
  undo: string | null;
  redo: string | null;
}

export interface JournalPorts {
  send(step: Step): Promise<void>;
  changed(): void;
  /** keeps the edits that the museum does not have yet on this device, in place of what was kept there before */
  keep(waiting: readonly Step[]): void;
  later(ms: number, run: () => void): void;
  /** whether it failed for want of a connection: it is tried again */
  isOffline(error: unknown): boolean;
}

const MOST_UNDONE = 200;
const AGAIN_MS = 3000;

export class Journal {
  private done: Edit[] = [];
  private undone: Edit[] = [];
  private readonly queue: Step[];
  private sending = false;
  private refused: Step[] = [];
  private trouble = "";
  private offline = false;
  /** whether it is tried again by itself: one alarm, however many edits are made meanwhile */
  private alarmed = false;

  /** `before`: what waited on this device when the page was closed. */
  constructor(
    private readonly ports: JournalPorts,
    before: readonly Step[] = [],
  ) {
    this.queue = [...before];
    if (this.queue.length > 0) ports.later(0, () => void this.work());
  }

  get state(): JournalState {
    return {
      waiting: this.queue.length,
      refused: this.refused.length,
      trouble: this.trouble,
      offline: this.offline,
      undo: this.done.at(-1)?.label ?? null,
      redo: this.undone.at(-1)?.label ?? null,
    };
  }

  do(edit: Edit): void {
    this.done.push(edit);
    if (this.done.length > MOST_UNDONE) this.done.shift();
    this.undone = [];
    this.put(edit.forth);
  }

  /** The edit that is taken back, null where there is none. */
  undo(): Edit | null {
    const edit = this.done.pop() ?? null;
    if (edit) {
      this.undone.push(edit);
      this.put(edit.back);
    }
    return edit;
  }

  redo(): Edit | null {
    const edit = this.undone.pop() ?? null;
    if (edit) {
      this.done.push(edit);
      this.put(edit.forth);
    }
    return edit;
  }

  private put(step: Step): void {
    this.queue.push(step);
    this.ports.keep([...this.refused, ...this.queue]);
    this.ports.changed();
    void this.work();
  }

  /** What was not taken is said again, over what is there now. */
  insist(): void {
    this.trouble = "";
    this.queue.unshift(...this.refused.splice(0));
    this.ports.changed();
    void this.work();
  }

  /** What was not taken is let go. */
  giveUp(): void {
    this.trouble = "";
    this.refused = [];
    this.ports.keep(this.queue);
    this.ports.changed();
  }

  private tryAgain(): void {
    if (this.alarmed) return;
    this.alarmed = true;
    this.ports.later(AGAIN_MS, () => {
      this.alarmed = false;
      void this.work();
    });
  }

  private async work(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    for (let step = this.queue[0]; step; step = this.queue[0]) {
      try {
        await this.ports.send(step);
        this.offline = false;
      } catch (error) {
        if (this.ports.isOffline(error)) {
          this.offline = true;
          this.sending = false;
          this.ports.changed();
          this.tryAgain();
          return;
        }
        // What came after it may rest on it, and undoing it would undo somebody else's work. None of it is lost.
        this.trouble = error instanceof Error ? error.message : String(error);
        this.done = [];
        this.undone = [];
        this.refused.push(...this.queue.splice(0));
        this.ports.changed();
        break;
      }
      // Not the first any more where refused edits were put before it meanwhile.
      this.queue.splice(this.queue.indexOf(step), 1);
      this.ports.keep([...this.refused, ...this.queue]);
      this.ports.changed();
    }
    this.sending = false;
  }
}
