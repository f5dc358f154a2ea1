/**
 * What is drawn: the cut that the server says, applied when all of it is decoded, in one step between two frames.
 */

import * as THREE from "three";
import type { CutTile, StandingPlacement, State } from "../stream/session";
import { ghostOf } from "./ghost";
import type { TileStore } from "./tiles";

const MOST_WAITING = 64;

interface Drawn {
  object: THREE.Object3D | null;
  digest: string;
  placement: StandingPlacement;
}

interface Waiting {
  cut: number;
  state: State;
  look: number;
  complete: boolean;
  tiles: CutTile[];
}

export interface Shown {
  cut: number;
  state: number;
  look: number;
  complete: boolean;
  tiles: number;
  ghosts: number;
}

export class Exhibit {
  readonly root = new THREE.Group();
  private readonly drawn = new Map<string, Drawn>();
  private states = new Map<number, State>();
  private waiting: Waiting[] = [];
  shown: Shown = { cut: 0, state: 0, look: 0, complete: false, tiles: 0, ghosts: 0 };
  cutsApplied = 0;

  constructor(
    private readonly tiles: TileStore,
    /** called before a cut of another state replaces what is seen */
    private readonly beforeMoment: () => void,
    private readonly onShown: (shown: Shown) => void,
  ) {
    this.root.name = "exhibit";
    this.root.matrixAutoUpdate = false;
  }

  /** A new connection counts anew; what is drawn stays until its first cut. */
  newSession(): void {
    this.states.clear();
    this.waiting = [];
  }

  addState(state: State): void {
    this.states.set(state.state, state);
  }

  setCut(cut: { cut: number; state: number; look: number; complete: boolean; tiles: CutTile[] }): void {
    const state = this.states.get(cut.state);
    if (!state) return;
    this.waiting.push({ ...cut, state });
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
    this.tryApply();
  }

  /** Cuts that wait for a file that was evicted wait in vain. */
  forget(digests: readonly string[]): void {
    const gone = new Set(digests);
    this.waiting = this.waiting.filter((cut) => !cut.tiles.some((tile) => gone.has(tile.digest)));
  }

  /** To be called whenever a tile has been decoded. */
  tryApply(): void {
    const newest = this.waiting.findLastIndex((cut) => cut.tiles.every((tile) => this.tiles.ready(tile.digest)));
    const next = this.waiting[newest];
    if (!next) return;
    this.waiting.splice(0, newest + 1);
    const wanted = new Map<string, { digest: string; placement: StandingPlacement }>();
    for (const tile of next.tiles) {
      const placement = next.state.placements.get(tile.placement);
      // Numbers start anew with each connection, so what is drawn is known by its placement's id and its content.
      if (placement) wanted.set(`${placement.id}/${tile.digest}`, { digest: tile.digest, placement });
    }
    if (next.state.state !== this.shown.state && this.drawn.size > 0 && this.changes(wanted)) this.beforeMoment();

    for (const [key, want] of wanted) {
      const old = this.drawn.get(key);
      if (old) {
        if (old.placement !== want.placement) this.dress(old.object, want.placement, old.placement);
        old.placement = want.placement;
        continue;
      }
      const object = this.tiles.take(want.digest);
      if (object) {
        object.userData["placement"] = want.placement.id;
        this.dress(object, want.placement, null);
        this.root.add(object);
      }
      this.drawn.set(key, { object, ...want });
    }
    for (const [key, old] of this.drawn) {
      if (wanted.has(key)) continue;
      old.object?.removeFromParent();
      this.drawn.delete(key);
      this.tiles.giveBack(old.digest);
    }
    for (const number of this.states.keys()) if (number < next.state.state) this.states.delete(number);
    let ghosts = 0;
    for (const { placement } of this.drawn.values()) if (placement.certainty === "possible") ghosts += 1;
    this.shown = {
      cut: next.cut,
      state: next.state.state,
      look: next.look,
      complete: next.complete,
      tiles: this.drawn.size,
      ghosts,
    };
    this.cutsApplied += 1;
    this.onShown(this.shown);
  }

  /** Id of the placement that an object of the scene graph belongs to. */
  static placementOf(object: THREE.Object3D | null): string | null {
    for (let at = object; at; at = at.parent) {
      const id: unknown = at.userData["placement"];
      if (typeof id === "string") return id;
    }
    return null;
  }

  /** Box of everything drawn of one placement, scene frame. */
  boxOf(placement: string): THREE.Box3 {
    const box = new THREE.Box3();
    for (const { object, placement: owner } of this.drawn.values()) {
      if (object && owner.id === placement) box.expandByObject(object);
    }
    return box;
  }

  private changes(wanted: ReadonlyMap<string, unknown>): boolean {
    if (wanted.size !== this.drawn.size) return true;
    for (const key of wanted.keys()) if (!this.drawn.has(key)) return true;
    return false;
  }

  private dress(object: THREE.Object3D | null, placement: StandingPlacement, before: StandingPlacement | null): void {
    if (!object) return;
    object.matrix.fromArray(placement.transform);
    object.matrixWorldNeedsUpdate = true;
    const ghost = placement.certainty === "possible";
    if (before && (before.certainty === "possible") === ghost) return;
    object.traverse((part) => {
      if (!(part instanceof THREE.Mesh || part instanceof THREE.Points)) return;
      const solid = (part.userData["solid"] ??= part.material) as THREE.Material;
      part.material = ghost ? ghostOf(solid) : solid;
      part.castShadow = !ghost && part instanceof THREE.Mesh;
    });
  }
}
