/**
 * The stream of an exhibition, opened while the page's larger part is still on its way: at the moment and from the place
 * that the address or the curator says. Where the address says more than that, the page itself opens it.
 */

import type { Exhibition } from "../data/exhibition";
import { askedBudget, deviceProfile } from "../scene/device";
import { fieldOfView } from "../scene/lens";
import { gazeTowards } from "../stream/gaze";
import type { Opening } from "../stream/opening";
import { Relay } from "../stream/relay";
import { StreamSocket } from "../stream/socket";
import { pointOf } from "../ui/point";
import { mark } from "../ui/marks";
import type { Files } from "../workers/files";

export interface Stream {
  socket: StreamSocket;
  relay: Relay;
}

/** Not connected yet: `start` does that, now or when somebody listens. */
export function streamOf(exhibition: Exhibition, files: Files): Stream {
  const relay = new Relay({ opening: () => openingOf(exhibition), held: () => [...files.kept] }, (event) => {
    if (event.type === "hello") mark("stream");
    else if (event.type === "chunk" || event.type === "held") mark("tile");
  });
  return { socket: new StreamSocket(location.href, relay), relay };
}

/** Whether it can be opened before the page is there: nobody waits in the background, and a tour or a comparison asks for more. */
export function opensAhead(): boolean {
  const parts = new URLSearchParams(location.hash.slice(1));
  return document.visibilityState !== "hidden" && !["compare", "step", "tour"].some((name) => parts.has(name));
}

function openingOf({ scene }: Exhibition): Opening {
  const query = new URLSearchParams(location.search);
  const parts = new URLSearchParams(location.hash.slice(1));
  const [eye, target] = [pointOf(parts.get("eye")), pointOf(parts.get("target"))];
  const from = eye && target ? { position: eye, target } : scene.viewpoint;
  const { innerWidth: width, innerHeight: height } = window;
  return {
    scene: scene.id,
    seek: {
      at: parts.get("at") ?? scene.defaultMoment,
      hypothesis: parts.get("hypothesis") ?? scene.defaultHypothesis?.id ?? null,
      certainty: parts.get("certainty") === "certain" ? "certain" : "possible",
    },
    view: {
      eye: from.position,
      orientation: gazeTowards(from.position, from.target),
      fov: (fieldOfView(width, height) * Math.PI) / 180,
      aspect: Math.max(0.05, Math.min(20, width / height)),
      height: Math.max(1, Math.round(height * Math.min(window.devicePixelRatio, 2))),
    },
    profile: deviceProfile(false),
    budget: askedBudget(query),
    stats: query.has("stats"),
  };
}
