/**
 * Strangers' clients as cameras: 3d-tiles-renderer and CesiumJS, each of which shows a tileset or, by its own loader of
 * glTF, one model, from the same place in the same light. Only for tests: pictures of both are compared.
 *
 *     await look.three({ tiles: "https://…/tileset.json" }, view)     await look.cesium({ model: "https://…/x.glb" }, view)
 */

import type { CesiumLook } from "./look-cesium";
import type { ThreeLook } from "./look-three";

export interface Subject {
  /** address of a tileset */
  tiles?: string;
  /** address of a glTF model */
  model?: string;
}

/** Metres, y up. */
export interface View {
  eye: [number, number, number];
  target: [number, number, number];
  near: number;
  far: number;
  /** pixels of error that tiles may have */
  error: number;
}

/** What was seen on the way. */
export interface Seen {
  errors: string[];
  tiles: number;
}

export const FIELD_OF_VIEW_DEGREES = 50;
export const BACKGROUND = "#6699cc";

let three: Promise<ThreeLook> | null = null;
let cesium: Promise<CesiumLook> | null = null;

const look = {
  /** Resolves when all that is wanted is drawn. */
  async three(subject: Subject, view: View): Promise<Seen> {
    three ??= import("./look-three").then(({ ThreeLook }) => new ThreeLook(document.querySelector<HTMLCanvasElement>("#three")!));
    return (await three).show(subject, view);
  },
  async cesium(subject: Subject, view: View): Promise<Seen> {
    cesium ??= import("./look-cesium").then(({ CesiumLook }) => new CesiumLook(document.querySelector("#cesium")!));
    return (await cesium).show(subject, view);
  },
};
Object.assign(window, { look });
