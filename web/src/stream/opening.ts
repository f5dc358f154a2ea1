/** The address that a stream is opened with: everything that the first tiles depend on (docs/protocol.md). */

import type { Pose } from "./frames";
import type { Budget, Seek } from "./session";

export type Profile = "headset" | "phone" | "desktop";

export interface Opening {
  scene: string;
  seek: Partial<Seek>;
  view: Pose | null;
  profile: Profile;
  /** what overrules the profile */
  budget: Partial<Budget>;
  /** whether the server is asked for its figures once a second */
  stats?: boolean;
}

export interface Continuing {
  token: string;
  received: number;
}

/** Content codings that are decoded here besides identity: gzip by the browser, brotli by the worker of files. */
export function encodings(): string {
  return typeof DecompressionStream === "undefined" ? "br" : "gzip,br";
}

/** Whether the visitor asked the browser to spare data: nothing is loaded on suspicion then. */
function sparesData(): boolean {
  const browser = globalThis.navigator as (Navigator & { connection?: { saveData?: boolean } }) | undefined;
  return browser?.connection?.saveData === true;
}

/** `held`: how many files will be named at once. `resume`: of the session before, where it may go on. */
export function streamUrl(base: string, opening: Opening, held = 0, resume: Continuing | null = null): string {
  const url = new URL("/stream", base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const query = url.searchParams;
  query.set("scene", opening.scene);
  if (opening.seek.at !== undefined) query.set("at", opening.seek.at);
  if (opening.seek.hypothesis != null) query.set("hypothesis", opening.seek.hypothesis);
  if (opening.seek.certainty !== undefined) query.set("certainty", opening.seek.certainty);
  const view = opening.view;
  if (view) {
    const short = (value: number): string => String(Number(value.toFixed(5)));
    query.set("eye", view.eye.map(short).join(","));
    query.set("gaze", view.orientation.map(short).join(","));
    query.set("fov", short(view.fov));
    query.set("size", `${Math.max(1, Math.round(view.height * view.aspect))}x${Math.round(view.height)}`);
  }
  query.set("profile", opening.profile);
  for (const [name, value] of Object.entries(opening.budget)) query.set(name, String(value));
  query.set("groups", "1");
  query.set("encodings", encodings());
  if (sparesData()) query.set("prefetch", "0");
  if (opening.stats) query.set("stats", "1");
  if (held > 0) query.set("held", String(held));
  if (resume) {
    query.set("resume", resume.token);
    query.set("received", String(resume.received));
  }
  return url.href;
}
