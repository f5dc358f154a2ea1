/**
 * What a device can hold and draw. The server knows the classes of devices and their budgets; the address can overrule them
 * (`?triangles=200000`). A class that changes on the way (into a headset) is told as a budget, so the figures stand here,
 * too. Data, not code: published figures differ by a factor of five, so these are cautious.
 */

import type { Profile } from "../stream/opening";
import type { Budget } from "../stream/session";

const MIB = 1024 * 1024;

/** As the server's defaults are: docs/protocol.md. */
export const PROFILES: Record<Profile, Budget> = {
  desktop: { bytes: 256 * MIB, triangles: 3_000_000, draws: 500, textures: 1536 * MIB },
  phone: { bytes: 128 * MIB, triangles: 500_000, draws: 200, textures: 384 * MIB },
  headset: { bytes: 192 * MIB, triangles: 700_000, draws: 250, textures: 512 * MIB },
};

export function deviceProfile(inHeadset: boolean): Profile {
  if (inHeadset) return "headset";
  return window.matchMedia("(pointer: coarse)").matches ? "phone" : "desktop";
}

/** What the address overrules. */
export function askedBudget(query: URLSearchParams): Partial<Budget> {
  const asked: Partial<Budget> = {};
  for (const name of ["bytes", "triangles", "draws", "textures"] as const) {
    const value = Number(query.get(name));
    if (Number.isSafeInteger(value) && value > 0) asked[name] = value;
  }
  return asked;
}

/** A part of a budget. */
export function budgetShare(budget: Budget, share: number): Budget {
  const part = (value: number): number => Math.max(1, Math.floor(value * share));
  return { bytes: part(budget.bytes), triangles: part(budget.triangles), draws: part(budget.draws), textures: part(budget.textures) };
}

export function deviceBudget(query: URLSearchParams, inHeadset: boolean): Budget {
  return { ...PROFILES[deviceProfile(inHeadset)], ...askedBudget(query) };
}
