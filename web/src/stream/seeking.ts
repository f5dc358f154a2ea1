/** Moments asked of a stream as they are dragged: the page's clock and timers for a `Seeker`. */

import { Seeker } from "../time/seeker";
import type { Seek } from "./session";

const EVERY_MS = 70;
const PATIENCE_MS = 1500;

/** `socket` sends a request; its number, or 0 when it cannot be sent now. */
export function seekerOver(socket: { seek(seek: Seek): number }): Seeker<Seek> {
  return new Seeker<Seek>({
    ask: (seek) => socket.seek(seek),
    now: () => performance.now(),
    later: (ms, run) => window.setTimeout(run, ms),
    everyMs: EVERY_MS,
    patienceMs: PATIENCE_MS,
  });
}
