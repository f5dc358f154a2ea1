/** Deep links: moment, reading and viewpoint in the page's fragment, so that an address is a state. */

import * as THREE from "three";
import type { View } from "../scene/movement";
import type { Certainty, Seek } from "../stream/session";
import { pointOf } from "./point";

const SETTLED_MS = 600;

export interface Address {
  at: string | null;
  hypothesis: string | null;
  certainty: Certainty | null;
  view: View | null;
}

export function readAddress(): Address {
  const parts = new URLSearchParams(location.hash.slice(1));
  const certainty = parts.get("certainty");
  const position = vector(parts.get("eye"));
  const target = vector(parts.get("target"));
  return {
    at: parts.get("at"),
    hypothesis: parts.get("hypothesis"),
    certainty: certainty === "certain" || certainty === "possible" ? certainty : null,
    view: position && target && position.distanceTo(target) > 0.01 ? { position, target } : null,
  };
}

/** Writes the address a while after the last change: browsers forbid to do it often. */
export class AddressKeeper {
  private timer: number | undefined;

  constructor(private readonly write: () => void) {}

  save(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.write, SETTLED_MS);
  }
}

/** `more` adds to it what else is to be kept. */
export function writeAddress(seek: Seek, view: View, more: (parts: URLSearchParams) => void): void {
  const parts = new URLSearchParams({ at: seek.at });
  if (seek.hypothesis !== null) parts.set("hypothesis", seek.hypothesis);
  if (seek.certainty !== "possible") parts.set("certainty", seek.certainty);
  parts.set("eye", text(view.position));
  parts.set("target", text(view.target));
  more(parts);
  history.replaceState(null, "", `#${parts.toString().replaceAll("%2C", ",")}`);
}

function vector(value: string | null): THREE.Vector3 | null {
  const point = pointOf(value);
  return point && new THREE.Vector3(...point);
}

function text(vector: THREE.Vector3): string {
  return [vector.x, vector.y, vector.z].map((value) => Number(value.toFixed(2))).join(",");
}
