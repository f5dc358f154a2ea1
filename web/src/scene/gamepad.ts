/** A gamepad's sticks and buttons, by the standard mapping: the left hand moves, the right hand looks. Reads, decides nothing. */

/** What a gamepad says in one frame; directions are -1 to 1, to the right and up. */
export interface PadReading {
  move: readonly [number, number];
  look: readonly [number, number];
  /** pressed since the reading before */
  pressed: readonly PadButton[];
}

export type PadButton = "jump" | "manner" | "earlier" | "later";

/** Standard gamepad: A, Y, and the shoulders. */
const BUTTONS: readonly (readonly [number, PadButton])[] = [
  [0, "jump"],
  [3, "manner"],
  [4, "earlier"],
  [5, "later"],
];

/** Sticks that are let go do not come back to nothing. */
const DEAD = 0.18;

const STILL = [0, 0] as const;

function stick(x = 0, y = 0): readonly [number, number] {
  const length = Math.hypot(x, y);
  if (!(length > DEAD)) return STILL;
  const share = (Math.min(1, length) - DEAD) / (1 - DEAD) / length;
  return [x * share, -y * share];
}

type Pad = Pick<Gamepad, "connected" | "mapping" | "axes" | "id" | "index"> & { buttons: readonly Pick<GamepadButton, "pressed">[] };

export class PadReader {
  private held: ReadonlySet<PadButton> = new Set();

  /** Of the first gamepad whose mapping is known; null where there is none. `pads` as the browser tells them. */
  read(pads: readonly (Pad | null)[]): PadReading | null {
    const pad = pads.find((one) => one?.connected && one.mapping === "standard");
    if (!pad) {
      this.held = new Set();
      return null;
    }
    const down = new Set(BUTTONS.filter(([number]) => pad.buttons[number]?.pressed).map(([, name]) => name));
    const pressed = [...down].filter((name) => !this.held.has(name));
    this.held = down;
    const [x, y, lookX, lookY] = pad.axes;
    return { move: stick(x, y), look: stick(lookX, lookY), pressed };
  }
}
