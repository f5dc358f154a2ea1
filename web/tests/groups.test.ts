import * as THREE from "three";
import { describe, expect, it } from "vitest";
import { disposePart, leftOf, partOf, rangesOf } from "../src/scene/groups";
import type { Ranges } from "../src/scene/groups";

/** Four children, straddlers, skirts; the third child has no triangles. */
const FOUR: Ranges = [[0, 6], [6, 3], [9, 0], [9, 9], [18, 3], [21, 6]]; // prettier-ignore

function geometry(ranges: unknown): THREE.BufferGeometry {
  const whole = new THREE.BufferGeometry();
  whole.setAttribute("position", new THREE.BufferAttribute(new Float32Array(9 * 27), 3));
  whole.setIndex(new THREE.BufferAttribute(new Uint16Array(27).map((_, i) => i), 1));
  whole.userData = { chronotope: { ranges } };
  return whole;
}

/** The numbers in the index that are drawn. */
function drawn(part: THREE.BufferGeometry): number[] {
  const { start, count } = part.drawRange;
  return [...part.index!.array].slice(start, start + count);
}

describe("what is left of a tile", () => {
  it.each([
    ["all of it", 0b0000, [[0, 27]]],
    ["without the first child", 0b0001, [[6, 21]]],
    ["without the second", 0b0010, [[0, 6], [9, 18]]],
    ["without the last", 0b1000, [[0, 9], [18, 9]]],
    ["without two beside each other", 0b0011, [[9, 18]]],
    ["with straddlers and skirts beside an empty child", 0b1011, [[18, 9]]],
    ["nothing once every child is hidden, straddlers and skirts gone too", 0b1111, []],
  ])("is %s", (_, hidden, left) => {
    expect(leftOf(FOUR, hidden)).toEqual(left);
  });

  it("is a leaf as a whole: it has no child to hide", () => {
    expect(leftOf([[0, 24], [24, 3]], 0)).toEqual([[0, 27]]);
  });

  it("agrees with a clear reading of the rule, whatever is hidden", () => {
    for (let hidden = 0; hidden < 16; hidden++) {
      const alive = [0, 1, 2, 3].filter((k) => !(hidden & (1 << k)));
      const groups = alive.length > 0 ? [...alive, 4, 5] : [];
      const expected = groups.flatMap((k) => Array.from({ length: FOUR[k]![1] }, (_, i) => FOUR[k]![0] + i));
      expect(leftOf(FOUR, hidden).flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i))).toEqual(expected);
    }
  });
});

describe("a part of a geometry", () => {
  it("is the geometry itself where nothing is hidden, or where its groups are not told", () => {
    const whole = geometry(FOUR);
    expect(partOf(whole, 0)).toBe(whole);
    for (const told of [undefined, [], [[0, 6]], [[0, 6], [6, 999]], [[0, 6], [-3, 3]], [[0, 6], ["6", 3]]]) {
      const other = geometry(told);
      expect(rangesOf(other)).toBeNull();
      expect(partOf(other, 1)).toBe(other);
    }
  });

  it("shares vertices, and the index where what is left lies together", () => {
    const whole = geometry(FOUR);
    const part = partOf(whole, 0b0001)!;
    expect(part.index).toBe(whole.index);
    expect(part.getAttribute("position")).toBe(whole.getAttribute("position"));
    expect(drawn(part)).toEqual([...whole.index!.array].slice(6));
  });

  it("has an index of its own where it does not, so that it costs one draw call", () => {
    const part = partOf(geometry(FOUR), 0b0010)!;
    expect(part.groups).toEqual([]);
    expect(part.index!.array).toBeInstanceOf(Uint16Array);
    expect(drawn(part)).toEqual([0, 1, 2, 3, 4, 5, ...Array.from({ length: 18 }, (_, i) => 9 + i)]);
  });

  it("is nothing where every child is hidden", () => {
    expect(partOf(geometry(FOUR), 0b1111)).toBeNull();
  });

  it("is let go of without what it shares", () => {
    const whole = geometry(FOUR);
    for (const hidden of [0b0001, 0b0010]) {
      const part = partOf(whole, hidden)!;
      const had: unknown[] = [];
      part.addEventListener("dispose", () => had.push(...Object.values(part.attributes), part.index));
      disposePart(part, whole);
      expect(had).not.toContain(whole.getAttribute("position"));
      expect(had).not.toContain(whole.index);
      expect(whole.getAttribute("position")).toBeDefined();
    }
    let gone = false;
    whole.addEventListener("dispose", () => (gone = true));
    disposePart(whole, whole);
    expect(gone).toBe(false);
  });
});
