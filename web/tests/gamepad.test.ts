import { afterEach, describe, expect, it, vi } from "vitest";
import { PadReader } from "../src/scene/gamepad";

function pad(axes: number[], down: number[] = [], mapping = "standard"): Gamepad {
  const buttons = Array.from({ length: 17 }, (_, at) => ({ pressed: down.includes(at), touched: false, value: 0 }));
  return { connected: true, mapping, axes, buttons, id: "pad", index: 0 } as unknown as Gamepad;
}

/** As a browser has them: four places, most of them empty. */
function browser(...pads: (Gamepad | null)[]): void {
  vi.stubGlobal("navigator", { getGamepads: () => [null, ...pads, null] });
}

afterEach(() => vi.unstubAllGlobals());

describe("a gamepad", () => {
  it("moves by the left stick and looks by the right one, up is ahead", () => {
    browser(pad([0.5, -1, 0, 0.6]));
    const { move, look } = new PadReader().read(navigator.getGamepads())!;
    expect(move[0]).toBeGreaterThan(0);
    expect(move[1]).toBeGreaterThan(move[0]);
    expect(Math.hypot(...move)).toBeCloseTo(1);
    expect(look[0]).toBeCloseTo(0);
    expect(look[1]).toBeLessThan(0);
  });

  it("rests where its sticks rest, and rises from there without a jump", () => {
    const reader = new PadReader();
    expect(reader.read([pad([0.1, -0.1, 0.05, 0])])).toEqual({ move: [0, 0], look: [0, 0], pressed: [] });
    expect(reader.read([pad([0.2, 0, 0, 0])])!.move[0]).toBeLessThan(0.05);
  });

  it("tells a button once for each press", () => {
    const reader = new PadReader();
    expect(reader.read([pad([], [0])])!.pressed).toEqual(["jump"]);
    expect(reader.read([pad([], [0, 5])])!.pressed).toEqual(["later"]);
    expect(reader.read([pad([], [])])!.pressed).toEqual([]);
    expect(reader.read([pad([], [0])])!.pressed).toEqual(["jump"]);
  });

  it("is none where none is plugged in, or one that nobody knows", () => {
    browser(null, pad([1, 1], [0], ""));
    expect(new PadReader().read(navigator.getGamepads())).toBeNull();
  });
});
