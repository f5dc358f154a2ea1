/** What colours say, by scheme: pure tables and rules, and the legend in words. */

import type { Word } from "./words";

export type Scheme = "none" | "certainty" | "reliability" | "change";

export const SCHEMES: readonly Scheme[] = ["none", "certainty", "reliability", "change"];

export interface Shade {
  colour: string;
  word: Word;
}

type Shades = Readonly<Record<string, Shade>>;

/** Told apart by all eyes. */
const CERTAINTY: Shades = {
  certain: { colour: "#3d7fb5", word: "certain" },
  possible: { colour: "#e69f00", word: "possibly" },
};

const CHANGE: Shades = {
  new: { colour: "#3d7fb5", word: "change_new" },
  surer: { colour: "#f0e442", word: "change_surer" },
  same: { colour: "#a3a19c", word: "change_same" },
};

/** The other side of a comparison: what is there and not here. */
const CHANGE_OTHER: Shades = { ...CHANGE, new: { colour: "#d55e00", word: "change_gone" } };

const OTHER: Shade = { colour: "#8d8d8d", word: "em_none" };

/**
 * As the Extended Matrix draws its units (Demetrescu 2015), and the same told apart by those who do not tell red from green
 * (Okabe and Ito 2008).
 */
const MATRIX: Readonly<Record<string, Shade & { safe: string }>> = {
  US: { colour: "#9b3333", safe: "#d55e00", word: "em_us" },
  USVS: { colour: "#248fe7", safe: "#0072b2", word: "em_usvs" },
  USVN: { colour: "#31792d", safe: "#009e73", word: "em_usvn" },
  SF: { colour: "#d8bd30", safe: "#f0e442", word: "em_sf" },
  VSF: { colour: "#b19f61", safe: "#cc79a7", word: "em_vsf" },
};

const matrix = (safe: boolean): Shades =>
  Object.fromEntries(Object.entries(MATRIX).map(([unit, { colour, safe: other, word }]) => [unit, { colour: safe ? other : colour, word }]));

export interface Class {
  certainty: "certain" | "possible";
  reliability: string;
  /** how sure it is at the other moment; null: it is not there; undefined: nobody knows yet */
  elsewhere?: "certain" | "possible" | null;
}

/** The shade of a thing; null: as it looks. `other`: on the far side of a comparison. */
export function shadeOf(scheme: Scheme, safe: boolean, { certainty, reliability, elsewhere }: Class, other = false): Shade | null {
  switch (scheme) {
    case "none":
      return null;
    case "certainty":
      return CERTAINTY[certainty]!;
    case "reliability":
      return matrix(safe)[reliability.toUpperCase()] ?? OTHER;
    case "change": {
      const how = elsewhere === null ? "new" : elsewhere === undefined || elsewhere === certainty ? "same" : "surer";
      return (other ? CHANGE_OTHER : CHANGE)[how]!;
    }
  }
}

export function legend(scheme: Scheme, safe: boolean): Shade[] {
  switch (scheme) {
    case "none":
      return [];
    case "certainty":
      return Object.values(CERTAINTY);
    case "reliability":
      return [...Object.values(matrix(safe)), OTHER];
    case "change":
      return [CHANGE["new"]!, CHANGE["same"]!, CHANGE["surer"]!, CHANGE_OTHER["new"]!];
  }
}
