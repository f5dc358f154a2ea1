import * as THREE from "three";
import { describe, expect, it } from "vitest";
import { alignment } from "../src/compose/align";
import type { Triangle } from "../src/compose/align";
import { moved, shifted, textOf } from "../src/compose/bounds";
import type { Bounds } from "../src/compose/bounds";
import { Journal } from "../src/compose/journal";
import type { Edit, JournalPorts, Step } from "../src/compose/journal";
import { standOf, transformOf, typed } from "../src/compose/poses";

describe("bounds that are dragged", () => {
  const bounds: Bounds = [1205, 1215, 1248, 1252];
  const before = { text: "[1205..1215]/[1248..1252]", bounds };

  it("write four bounds", () => {
    expect(textOf(before, moved(bounds, 0, 1200.7))).toBe("[1200..1215]/[1248..1252]");
    expect(textOf(before, moved(bounds, 3, 1300))).toBe("[1205..1215]/[1248..1300]");
    expect(textOf(before, moved(bounds, 1, 1205))).toBe("1205/[1248..1252]");
  });

  it("take along what they would pass", () => {
    expect(moved(bounds, 1, 1260)).toEqual([1205, 1260, 1260, 1260]);
    expect(moved(bounds, 2, 1210)).toEqual([1205, 1210, 1210, 1252]);
  });

  it("leave the other end as it is written", () => {
    const circa = { text: "1210-05~/1250?", bounds: [1210, 1210, 1250, 1250] as Bounds };
    expect(textOf(circa, moved(circa.bounds, 3, 1260))).toBe("1210-05~/[1250..1260]");
    expect(textOf(circa, moved(circa.bounds, 0, 1190))).toBe("[1190..1210]/1250?");
  });

  it("know no limit, years before Christ, and years beyond four digits", () => {
    const open: Bounds = [-480, -480, null, null];
    expect(textOf({ text: "-0480/..", bounds: open }, moved(open, 0, -500))).toBe("[-0500..-0480]/..");
    expect(textOf({ text: "-0480/..", bounds: open }, moved(open, 3, -390))).toBe("-0480/[..-0390]");
    expect(textOf({ text: "", bounds: [null, null, null, null] }, [-12000, -12000, null, null])).toBe("Y-12000/..");
    expect(shifted(open, 10.2)).toEqual([-470, -470, null, null]);
  });

  it("part at the slash between the ends, not at one within", () => {
    const sets: Bounds = [1667, 1667, 1670, 1670];
    expect(textOf({ text: "{1667,1668}/1670", bounds: sets }, moved(sets, 3, 1680))).toBe("{1667,1668}/[1670..1680]");
  });
});

describe("how a thing stands", () => {
  it("is numbers and back", () => {
    const stand = { position: [1, 2, -3] as [number, number, number], turned: [30, -10, 5] as [number, number, number], scale: [2, 2, 2] as [number, number, number] };
    const again = standOf(transformOf(stand))!;
    expect(again.turned).toEqual(stand.turned);
    expect(again.scale).toEqual(stand.scale);
    again.position.forEach((value, i) => expect(value).toBeCloseTo(stand.position[i]!));
  });

  it("is no numbers where it shears", () => {
    expect(standOf([1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBeNull();
  });

  it("is typed as people type", () => {
    expect(typed(" 1,5 ")).toBe(1.5);
    expect(typed("−2")).toBe(-2);
    expect(typed("")).toBeNull();
    expect(typed("two")).toBeNull();
  });
});

describe("alignment by three points", () => {
  const from: Triangle = [new THREE.Vector3(0, 0, 0), new THREE.Vector3(4, 0, 0), new THREE.Vector3(1, 0, 3)];
  const motion = new THREE.Matrix4().compose(
    new THREE.Vector3(10, -2, 5),
    new THREE.Quaternion().setFromEuler(new THREE.Euler(0.3, 1.1, -0.4)),
    new THREE.Vector3(2, 2, 2),
  );

  it("finds the motion, and the scale where it is wanted", () => {
    const to = from.map((point) => point.clone().applyMatrix4(motion)) as unknown as Triangle;
    const found = alignment(from, to, true)!;
    from.forEach((point, i) => expect(point.clone().applyMatrix4(found).distanceTo(to[i]!)).toBeLessThan(1e-9));
    const rigid = alignment(from, to, false)!;
    expect(rigid.determinant()).toBeCloseTo(1);
  });

  it("spreads what does not fit over all three", () => {
    const to = from.map((point) => point.clone()) as unknown as Triangle;
    to[1].x += 0.3;
    const found = alignment(from, to, false)!;
    const off = from.map((point, i) => point.clone().applyMatrix4(found).distanceTo(to[i]!));
    expect(Math.max(...off)).toBeLessThan(0.3);
    expect(Math.min(...off)).toBeGreaterThan(0.01);
  });

  it("refuses three on a line", () => {
    const line: Triangle = [new THREE.Vector3(), new THREE.Vector3(1, 0, 0), new THREE.Vector3(2, 0.01, 0)];
    expect(alignment(line, from, true)).toBeNull();
  });
});

describe("the journal", () => {
  const step = (value: number): Step => ({ kind: "edit", id: "a", fields: { value } });
  const edit = (from: number, to: number): Edit => ({ label: `to ${to}`, forth: step(to), back: step(from) });

  function museum(): JournalPorts & { has: unknown[]; kept: number; fails: Error | null; alarms: (() => void)[] } {
    const self = {
      has: [] as unknown[],
      kept: 0,
      fails: null as Error | null,
      alarms: [] as (() => void)[],
      send: async (one: Step) => {
        await Promise.resolve();
        if (self.fails) throw self.fails;
        self.has.push(one.kind === "edit" ? one.fields["value"] : one.kind);
      },
      changed: () => undefined,
      keep: (waiting: readonly Step[]) => void (self.kept = waiting.length),
      later: (_ms: number, run: () => void) => void self.alarms.push(run),
      isOffline: (error: unknown) => error instanceof Error && error.message === "offline",
    };
    return self;
  }
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  it("says edits in their order, and takes back and does again", async () => {
    const ports = museum();
    const journal = new Journal(ports);
    journal.do(edit(0, 1));
    journal.do(edit(1, 2));
    expect(journal.undo()!.label).toBe("to 2");
    expect(journal.state).toMatchObject({ undo: "to 1", redo: "to 2" });
    journal.redo();
    await settled();
    expect(ports.has).toEqual([1, 2, 1, 2]);
    expect(journal.state.waiting).toBe(0);
    expect(ports.kept).toBe(0);
  });

  it("forgets what could be done again once something else is done", () => {
    const journal = new Journal(museum());
    journal.do(edit(0, 1));
    journal.undo();
    journal.do(edit(0, 5));
    expect(journal.state.redo).toBeNull();
    expect(journal.redo()).toBeNull();
  });

  it("keeps edits while there is no connection, and says them when it is back", async () => {
    const ports = museum();
    ports.fails = new Error("offline");
    const journal = new Journal(ports);
    journal.do(edit(0, 1));
    journal.do(edit(1, 2));
    await settled();
    expect(journal.state).toMatchObject({ offline: true, waiting: 2, trouble: "" });
    expect(ports.kept).toBe(2);
    ports.fails = null;
    ports.alarms.pop()!();
    await settled();
    expect(ports.has).toEqual([1, 2]);
    expect(journal.state).toMatchObject({ offline: false, waiting: 0 });
  });

  it("tries again by one alarm, however many edits wait", async () => {
    const ports = museum();
    ports.fails = new Error("offline");
    const journal = new Journal(ports);
    for (const value of [1, 2, 3]) {
      journal.do(edit(0, value));
      await settled();
    }
    expect(ports.alarms).toHaveLength(1);
    ports.alarms.pop()!();
    await settled();
    expect(ports.alarms).toHaveLength(1);
  });

  it("says what waited when the page was closed", async () => {
    const ports = museum();
    new Journal(ports, [step(7)]);
    ports.alarms.pop()!();
    await settled();
    expect(ports.has).toEqual([7]);
  });

  it("stops at what is refused, undoes nothing of before, and loses nothing", async () => {
    const ports = museum();
    ports.fails = new Error("somebody else changed it");
    const journal = new Journal(ports);
    journal.do(edit(0, 1));
    journal.do(edit(1, 2));
    await settled();
    expect(journal.state).toMatchObject({ trouble: "somebody else changed it", waiting: 0, refused: 2, undo: null });
    expect(ports.has).toEqual([]);
    expect(ports.kept).toBe(2);
    ports.fails = null;
    journal.insist();
    await settled();
    expect(ports.has).toEqual([1, 2]);
    expect(journal.state).toMatchObject({ trouble: "", refused: 0 });
  });

  it("loses nothing and says nothing twice where refused edits come back while another one is on its way", async () => {
    const ports = museum();
    ports.fails = new Error("somebody else changed it");
    const journal = new Journal(ports);
    journal.do(edit(0, 1));
    await settled();
    ports.fails = null;
    journal.do(edit(0, 2));
    journal.insist();
    await settled();
    expect(ports.has).toEqual([2, 1]);
    expect(journal.state).toMatchObject({ waiting: 0, refused: 0 });
  });

  it("lets go of what is refused where the curator says so", async () => {
    const ports = museum();
    ports.fails = new Error("no");
    const journal = new Journal(ports);
    journal.do(edit(0, 1));
    await settled();
    journal.giveUp();
    expect(journal.state).toMatchObject({ trouble: "", refused: 0, waiting: 0 });
    expect(ports.kept).toBe(0);
  });
});
