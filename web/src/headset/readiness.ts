/** Whether a headset can be entered from this page, and why not where it cannot. */

import { say } from "../ui/words";

export type Mode = "immersive-vr" | "immersive-ar";
export type Readiness = { ready: true } | { ready: false; why: string };

/** In plain words. */
export async function readiness(): Promise<Readiness> {
  if (!window.isSecureContext) return { ready: false, why: say("no_https", { host: location.hostname }) };
  if (!navigator.xr) return { ready: false, why: say("no_webxr") };
  try {
    if (await navigator.xr.isSessionSupported("immersive-vr")) return { ready: true };
  } catch {
    return { ready: false, why: say("xr_forbidden") };
  }
  return { ready: false, why: say("no_headset") };
}

/** Whether the site can be laid on a table of the visitor's own room. */
export async function tableReady(): Promise<boolean> {
  if (!window.isSecureContext || !navigator.xr) return false;
  return navigator.xr.isSessionSupported("immersive-ar").catch(() => false);
}
