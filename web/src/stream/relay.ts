/**
 * A stream that is opened before those who draw it are there: what comes is kept for them. The socket acknowledges as ever,
 * so that the server goes on sending.
 */

import type { Opening } from "./opening";
import type { SessionEvent } from "./session";
import type { Handlers, Link } from "./socket";

/** What is asked before anybody listens. */
export type Asked = Pick<Handlers, "opening" | "held">;

export class Relay implements Handlers {
  private listener: Handlers | null = null;
  private kept: ((to: Handlers) => void)[] = [];

  constructor(
    private readonly asked: Asked,
    /** hears of each event when it comes, listener or not */
    private readonly came: (event: SessionEvent) => void = () => undefined,
  ) {}

  /** Tells from now on to `listener`, and first what came before. */
  listen(listener: Handlers): void {
    this.listener = listener;
    for (const told of this.kept.splice(0)) told(listener);
  }

  opening(): Opening {
    return (this.listener ?? this.asked).opening();
  }

  held(): string[] {
    return (this.listener ?? this.asked).held();
  }

  event(event: SessionEvent): void {
    this.came(event);
    this.tell((to) => to.event(event));
  }

  link(link: Link): void {
    this.tell((to) => to.link(link));
  }

  private tell(told: (to: Handlers) => void): void {
    if (this.listener) told(this.listener);
    else this.kept.push(told);
  }
}
