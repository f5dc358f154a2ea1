import { describe, expect, it } from "vitest";
import type { Placement } from "../src/data/exhibition";
import { siteBounds } from "../src/scene/site";

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

function placed(asset: Placement["asset"]): Placement {
  return { asset, transform: IDENTITY } as unknown as Placement;
}

describe("how far a site reaches", () => {
  it("is half the diagonal of what is known, and passes over what this visitor may not see", () => {
    const tileset = { triangles: 1, extent: { low: [-3, 0, 0] as [number, number, number], high: [3, 8, 0] as [number, number, number] } };
    const seen = placed({ id: "a", title: "", rights: "", attribution: "", tileset });
    expect(siteBounds([placed(null), seen])).toBe(5);
    expect(siteBounds([placed(null)])).toBe(0);
  });
});
