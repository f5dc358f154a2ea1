import { describe, expect, it } from "vitest";
import { MotionMeter, STILL } from "../src/stream/motion";

type Quadruple = [number, number, number, number];
const about = (axis: "x" | "y", angle: number): Quadruple => {
  const sine = Math.sin(angle / 2);
  return axis === "x" ? [sine, 0, 0, Math.cos(angle / 2)] : [0, sine, 0, Math.cos(angle / 2)];
};

describe("the motion of the eye", () => {
  it("is still at first and while nothing moves", () => {
    const meter = new MotionMeter();
    for (const now of [0, 16, 32, 48]) expect(meter.observe(now, [1, 2, 3], [0, 0, 0, 1])).toEqual(STILL);
  });

  it("has a velocity in metres a second", () => {
    const meter = new MotionMeter();
    let motion = STILL;
    for (let now = 0; now <= 200; now += 16) motion = meter.observe(now, [now * 0.0015, 0, -now * 0.001], [0, 0, 0, 1]);
    expect(motion.velocity[0]).toBeCloseTo(1.5, 6);
    expect(motion.velocity[2]).toBeCloseTo(-1, 6);
    expect(motion.turning).toEqual([0, 0, 0]);
  });

  it.each([
    ["to the left", "y", 1],
    ["to the right", "y", -1],
    ["up", "x", 1],
  ] as const)("turns %s about the scene's axis, by radians a second", (_, axis, sign) => {
    const meter = new MotionMeter();
    let motion = STILL;
    for (let now = 0; now <= 300; now += 10) motion = meter.observe(now, [0, 0, 0], about(axis, sign * now * 0.01));
    const along = axis === "x" ? 0 : 1;
    expect(motion.turning[along]).toBeCloseTo(sign * 10, 5);
    expect(Math.hypot(...motion.turning)).toBeCloseTo(10, 5);
  });

  it("takes the short way where a quaternion changes its sign", () => {
    const meter = new MotionMeter();
    meter.observe(0, [0, 0, 0], about("y", 0.1));
    const [x, y, z, w] = about("y", 0.2);
    expect(meter.observe(100, [0, 0, 0], [-x, -y, -z, -w]).turning[1]).toBeCloseTo(1, 6);
  });

  it("ends a tenth of a second after the eye stopped", () => {
    const meter = new MotionMeter();
    for (let now = 0; now <= 100; now += 10) meter.observe(now, [now / 100, 0, 0], [0, 0, 0, 1]);
    expect(meter.observe(150, [1, 0, 0], [0, 0, 0, 1]).velocity[0]).toBeGreaterThan(0);
    meter.observe(200, [1, 0, 0], [0, 0, 0, 1]);
    expect(meter.observe(210, [1, 0, 0], [0, 0, 0, 1])).toEqual(STILL);
  });

  it("begins anew after a rest, however long it was", () => {
    const meter = new MotionMeter();
    for (let now = 0; now <= 5000; now += 16) meter.observe(now, [0, 0, 0], [0, 0, 0, 1]);
    expect(meter.observe(5010, [0.01, 0, 0], [0, 0, 0, 1]).velocity[0]).toBeGreaterThan(0.5);
  });

  it("is none where the eye jumped, by a step, a turn or a nap", () => {
    const meter = new MotionMeter();
    meter.observe(0, [0, 0, 0], [0, 0, 0, 1]);
    expect(meter.observe(16, [5, 0, 0], [0, 0, 0, 1])).toEqual(STILL);
    expect(meter.observe(32, [5, 0, 0], about("y", 0.6))).toEqual(STILL);
    expect(meter.observe(1032, [5.5, 0, 0], about("y", 0.6))).toEqual(STILL);
  });

  it("is finite where two poses come at one instant", () => {
    const meter = new MotionMeter();
    meter.observe(5, [0, 0, 0], [0, 0, 0, 1]);
    expect(meter.observe(5, [0.1, 0, 0], [0, 0, 0, 1])).toEqual(STILL);
    expect(meter.observe(15, [0.2, 0, 0], [0, 0, 0, 1]).velocity[0]).toBeCloseTo(10, 6);
  });
});
