/**
 * How fast the eye moves and turns, out of its poses: the stream chooses for where the eye will be, not where it was.
 *
 * Speeds are means over the last tenth of a second, so that one late frame doesn't tear them. A jump (a step of a tour, a
 * turn by thirty degrees in a headset, a tab that slept) is no movement: the speed begins anew.
 */

type Triple = readonly [number, number, number];
type Quadruple = readonly [number, number, number, number];

export interface Motion {
  /** metres a second, scene frame */
  velocity: Triple;
  /** radians a second, axis × speed, scene frame */
  turning: Triple;
}

export const STILL: Motion = { velocity: [0, 0, 0], turning: [0, 0, 0] };

const OVER_MS = 100;
/** Faster than this from one frame to the next is a jump. The server heeds 20 m/s and 10 rad/s. */
const JUMP_M_S = 60;
const JUMP_RAD_S = 25;
/** Slower than this is a hand that trembles. */
const LEAST_M_S = 0.005;
const LEAST_RAD_S = 0.005;

interface Pose {
  at: number;
  eye: Triple;
  orientation: Quadruple;
}

export class MotionMeter {
  private poses: Pose[] = [];
  private changedAt = -Infinity;

  /** The motion, now that the eye is here. `now` in milliseconds; poses of the same instant count once. */
  observe(now: number, eye: Triple, orientation: Quadruple): Motion {
    const pose = { at: now, eye, orientation };
    const last = this.poses.at(-1);
    if (last && same(last, pose)) {
      // Most frames of most visits: nothing to reckon.
      if (now - this.changedAt > OVER_MS) {
        this.poses = [pose];
        return STILL;
      }
    } else {
      this.changedAt = now;
    }
    if (last && now <= last.at) {
      this.poses[this.poses.length - 1] = { ...pose, at: last.at };
    } else if (last && (now - last.at > 3 * OVER_MS || jumps(between(last, pose)))) {
      this.poses = [pose];
    } else {
      this.poses.push(pose);
    }
    while (this.poses.length > 2 && this.poses[1]!.at <= now - OVER_MS) this.poses.shift();
    const first = this.poses[0]!;
    return first.at < now ? between(first, this.poses.at(-1)!) : STILL;
  }
}

function same(a: Pose, b: Pose): boolean {
  return a.eye.every((value, i) => value === b.eye[i]) && a.orientation.every((value, i) => value === b.orientation[i]);
}

function jumps({ velocity, turning }: Motion): boolean {
  return Math.hypot(...velocity) > JUMP_M_S || Math.hypot(...turning) > JUMP_RAD_S;
}

function between(a: Pose, b: Pose): Motion {
  const seconds = (b.at - a.at) / 1000;
  const velocity = calm(b.eye.map((value, i) => (value - a.eye[i]!) / seconds), LEAST_M_S);
  // The turn in the scene's frame: b × a⁻¹, the short way round.
  const [ax, ay, az, aw] = a.orientation;
  const [bx, by, bz, bw] = b.orientation;
  const sign = ax * bx + ay * by + az * bz + aw * bw < 0 ? -1 : 1;
  const w = sign * (bw * aw + bx * ax + by * ay + bz * az);
  const x = sign * (bx * aw - bw * ax - by * az + bz * ay);
  const y = sign * (by * aw - bw * ay - bz * ax + bx * az);
  const z = sign * (bz * aw - bw * az - bx * ay + by * ax);
  const sine = Math.hypot(x, y, z);
  const speed = sine > 0 ? (2 * Math.atan2(sine, w)) / seconds / sine : 0;
  return { velocity, turning: calm([x * speed, y * speed, z * speed], LEAST_RAD_S) };
}

function calm(vector: number[], least: number): Triple {
  return Math.hypot(...vector) < least ? [0, 0, 0] : [vector[0]!, vector[1]!, vector[2]!];
}
