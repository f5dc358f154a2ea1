/**
 * What a device can hold and draw, told to the server. Data, not code: published figures differ by a factor of five, so
 * these are cautious, and the address can overrule them (`?triangles=200000`).
 */

import type { Budget } from "../stream/session";

const MIB = 1024 * 1024;

const PROFILES = {
  desktop: { bytes: 512 * MIB, triangles: 3_000_000, draws: 500, textures: 1536 * MIB },
  phone: { bytes: 128 * MIB, triangles: 600_000, draws: 150, textures: 256 * MIB },
  headset: { bytes: 256 * MIB, triangles: 700_000, draws: 150, textures: 400 * MIB },
} satisfies Record<string, Budget>;

export function deviceBudget(query: URLSearchParams, inHeadset: boolean): Budget {
  const handheld = window.matchMedia("(pointer: coarse)").matches;
  const budget: Budget = { ...(inHeadset ? PROFILES.headset : handheld ? PROFILES.phone : PROFILES.desktop) };
  for (const name of Object.keys(budget) as (keyof Budget)[]) {
    const asked = Number(query.get(name));
    if (Number.isSafeInteger(asked) && asked > 0) budget[name] = asked;
  }
  return budget;
}
