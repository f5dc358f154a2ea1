/** Colours for numbers, and for classes of points: pure tables. */

/** Viridis (van der Walt and Smith 2015): even steps to the eye, rising in lightness, told apart by colour-blind eyes. */
const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"] as const;

type Colour = readonly [number, number, number];

export const hexOf = (colour: Colour): string => `#${colour.map((each) => each.toString(16).padStart(2, "0")).join("")}`;

function bytes(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The colour at `place`, 0 to 1; sRGB bytes. */
export function viridis(place: number): Colour {
  const at = Math.max(0, Math.min(1, place)) * (VIRIDIS.length - 1);
  const below = Math.min(Math.floor(at), VIRIDIS.length - 2);
  const [from, to] = [bytes(VIRIDIS[below]!), bytes(VIRIDIS[below + 1]!)];
  const mixed = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * (at - below));
  return [mixed(0), mixed(1), mixed(2)];
}

/** By the classes of ASPRS LAS 1.4 as maps colour them: ground brown, plants green, buildings red, water blue. */
const CLASSES: Readonly<Record<number, string>> = {
  0: "#9a9a9a",
  1: "#c4c0b6",
  2: "#9c6b3c",
  3: "#c3d96b",
  4: "#7fb04a",
  5: "#2f7d3c",
  6: "#d1493f",
  7: "#f032e6",
  8: "#e8c547",
  9: "#3d85c6",
  10: "#6b5b95",
  11: "#5a5a5a",
  12: "#b0a8b9",
  13: "#8e7cc3",
  14: "#e07b39",
  15: "#7a4a1e",
  16: "#f6b26b",
  17: "#c27ba0",
  18: "#ff00aa",
  19: "#76a5af",
  20: "#783f04",
  21: "#e6f1f7",
  22: "#b4a7d6",
};

/** The colour of a class, 0 to 255; those that the standard leaves open have colours of their own that do not change. */
export function classColour(number: number): Colour {
  return bytes(CLASSES[number] ?? hexOf(viridis(((number * 37) % 64) / 63)));
}
