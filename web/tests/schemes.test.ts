/** What colours say. */

import { describe, expect, it } from "vitest";
import { SCHEMES, legend, shadeOf } from "../src/ui/schemes";
import type { Class } from "../src/ui/schemes";

const thing = (more: Partial<Class> = {}): Class => ({ certainty: "certain", reliability: "USVs", ...more });

describe("the shade of a thing", () => {
  it("is none where nothing is asked", () => {
    expect(shadeOf("none", false, thing())).toBeNull();
  });

  it("takes the classes of the Extended Matrix as the stream and GraphQL write them", () => {
    expect(shadeOf("reliability", false, thing())).toEqual(shadeOf("reliability", false, thing({ reliability: "USVS" })));
    expect(shadeOf("reliability", false, thing({ reliability: "?" }))!.word).toBe("em_none");
  });

  it("has other colours for colour-blind eyes, with the same words", () => {
    const [plain, safe] = [legend("reliability", false), legend("reliability", true)];
    expect(safe.map(({ word }) => word)).toEqual(plain.map(({ word }) => word));
    expect(safe[0]!.colour).not.toBe(plain[0]!.colour);
  });

  it("tells what is new, what was, and what is as it was", () => {
    const words = (more: Partial<Class>, other = false): string => shadeOf("change", false, thing(more), other)!.word;
    expect(words({ elsewhere: null })).toBe("change_new");
    expect(words({ elsewhere: null }, true)).toBe("change_gone");
    expect(words({ elsewhere: "certain" })).toBe("change_same");
    expect(words({ elsewhere: "possible" })).toBe("change_surer");
    expect(words({})).toBe("change_same"); // nothing is claimed of what is not known yet
  });
});

it.each(SCHEMES)("the legend of %s tells its colours apart", (scheme) => {
  for (const safe of [false, true]) {
    const colours = legend(scheme, safe).map(({ colour }) => colour);
    expect(new Set(colours).size).toBe(colours.length);
  }
});
