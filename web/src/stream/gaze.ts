/** Which way an eye looks, as a quaternion, without three.js: for the first words to the server. */

type Point = readonly [number, number, number];

/** Of an eye at `position` that looks at `target`, upright: (x, y, z, w); along -z it is (0, 0, 0, 1), as everywhere. */
export function gazeTowards(position: Point, target: Point): [number, number, number, number] {
  const [x, y, z] = [target[0] - position[0], target[1] - position[1], target[2] - position[2]];
  const yaw = Math.atan2(-x, -z) / 2;
  const pitch = Math.atan2(y, Math.hypot(x, z)) / 2;
  const [sx, cx, sy, cy] = [Math.sin(pitch), Math.cos(pitch), Math.sin(yaw), Math.cos(yaw)];
  return [cy * sx, sy * cx, -sy * sx, cy * cx];
}
