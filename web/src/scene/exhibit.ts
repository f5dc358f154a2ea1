/**
 * What is drawn: the cut that the server says, applied when all of it is decoded, in one step between two frames.
 */

import * as THREE from "three";
import { NO_PLACEMENT } from "../stream/frames";
import type { Cut, StandingPlacement, State } from "../stream/session";
import { ghostOf } from "./ghost";
import * as points from "./points";
import type { TileStore } from "./tiles";

const MOST_WAITING = 64;

/** Where a tile is drawn, and how. A proxy stands for several placements, in the scene's own frame. */
type Place = Pick<StandingPlacement, "id" | "transform" | "certainty">;

const PROXY: Place = { id: "", transform: new THREE.Matrix4().toArray(), certainty: "certain" };

interface Want {
  digest: string;
  hidden: number;
  placement: Place;
}

interface Drawn extends Want {
  object: THREE.Object3D | null;
}

interface Waiting extends Cut {
  stands: State;
  /** digests of tiles that are not ready yet */
  missing: Set<string>;
}

export interface Shown {
  cut: number;
  state: number;
  look: number;
  complete: boolean;
  tiles: number;
  ghosts: number;
  /** tiles of which some groups are hidden */
  parts: number;
  proxies: number;
}

export class Exhibit {
  readonly root = new THREE.Group();
  private readonly drawn = new Map<string, Drawn>();
  private states = new Map<number, State>();
  private waiting: Waiting[] = [];
  /** ids of placements whose points changed */
  private readonly stirred = new Set<string>();
  shown: Shown = { cut: 0, state: 0, look: 0, complete: false, tiles: 0, ghosts: 0, parts: 0, proxies: 0 };
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

  /** A new session counts anew; what is drawn stays until its first cut. */
  newSession(): void {
    this.states.clear();
    this.waiting = [];
  }

  addState(state: State): void {
    this.states.set(state.state, state);
  }

  setCut(cut: Cut): void {
    const stands = this.states.get(cut.state);
    if (!stands) return;
    const missing = new Set<string>();
    for (const { digest } of cut.tiles) if (!this.tiles.ready(digest)) missing.add(digest);
    this.waiting.push({ ...cut, stands, missing });
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
    if (missing.size === 0) this.apply();
  }

  /** Cuts that wait for a file that was evicted wait in vain. */
  forget(digests: readonly string[]): void {
    const gone = new Set(digests);
    this.waiting = this.waiting.filter((cut) => !cut.tiles.some((tile) => gone.has(tile.digest)));
  }

  /** A tile has been decoded. */
  ready(digest: string): void {
    let whole = false;
    for (const { missing } of this.waiting) if (missing.delete(digest) && missing.size === 0) whole = true;
    if (whole) this.apply();
  }

  /** Draws the newest cut all of whose tiles are ready, and forgets those before it. */
  private apply(): void {
    const newest = this.waiting.findLastIndex(({ missing }) => missing.size === 0);
    const next = this.waiting[newest];
    if (!next) return;
    this.waiting.splice(0, newest + 1);
    const wanted = new Map<string, Want>();
    for (const { digest, hidden, placement: n } of next.tiles) {
      const placement = n === NO_PLACEMENT ? PROXY : next.stands.placements.get(n);
      // Numbers start anew with each session, so what is drawn is known by its placement's id and its content.
      if (placement) wanted.set(`${placement.id}/${digest}`, { digest, hidden, placement });
    }
    if (next.state !== this.shown.state && this.drawn.size > 0 && this.changes(wanted)) this.beforeMoment();

    for (const [key, want] of wanted) {
      const old = this.drawn.get(key);
      if (old?.object && old.hidden === want.hidden) {
        if (old.placement !== want.placement) this.dress(old.object, want.placement, old.placement);
        old.placement = want.placement;
        continue;
      }
      this.drawn.set(key, { ...want, object: this.put(want) });
      if (old) this.takeAway(old);
    }
    for (const [key, old] of this.drawn) {
      if (wanted.has(key)) continue;
      this.drawn.delete(key);
      this.takeAway(old);
    }
    this.comparePoints();
    for (const number of this.states.keys()) if (number < next.state) this.states.delete(number);
    const { cut, state, look, complete } = next;
    this.shown = { cut, state, look, complete, tiles: this.drawn.size, ghosts: 0, parts: 0, proxies: 0 };
    for (const { placement, hidden } of this.drawn.values()) {
      if (placement.certainty === "possible") this.shown.ghosts += 1;
      if (hidden !== 0) this.shown.parts += 1;
      if (placement === PROXY) this.shown.proxies += 1;
    }
    this.cutsApplied += 1;
    this.onShown(this.shown);
  }

  private put({ digest, hidden, placement }: Want): THREE.Object3D | null {
    const object = this.tiles.take(digest, hidden);
    if (!object) return null;
    this.stir(object, placement, points.size);
    // Without an id it cannot be clicked.
    if (placement !== PROXY) object.userData["placement"] = placement.id;
    this.dress(object, placement, null);
    this.root.add(object);
    return object;
  }

  private takeAway({ object, digest, hidden, placement }: Drawn): void {
    object?.removeFromParent();
    if (object) this.stir(object, placement, points.unsize);
    this.tiles.giveBack(digest, hidden, object);
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

  /** Draws a thing elsewhere until a cut says where it stands. */
  move(placement: string, transform: readonly number[]): void {
    for (const { object, placement: owner } of this.drawn.values()) {
      if (!object || owner.id !== placement) continue;
      object.matrix.fromArray(transform);
      object.updateMatrixWorld(true);
    }
  }

  private stir(object: THREE.Object3D, { id }: Place, act: (part: THREE.Points) => void): void {
    for (const part of pointsIn(object)) {
      act(part);
      this.stirred.add(id);
    }
  }

  /** Points of a thing are as small as the closest of them, so they are compared where some came or went. */
  private comparePoints(): void {
    if (this.stirred.size === 0) return;
    const things = new Map<string, THREE.Points[]>();
    for (const { object, placement } of this.drawn.values()) {
      if (!object || !this.stirred.has(placement.id)) continue;
      things.set(placement.id, [...(things.get(placement.id) ?? []), ...pointsIn(object)]);
    }
    for (const thing of things.values()) points.compare(thing);
    this.stirred.clear();
  }

  private changes(wanted: ReadonlyMap<string, unknown>): boolean {
    if (wanted.size !== this.drawn.size) return true;
    for (const key of wanted.keys()) if (!this.drawn.has(key)) return true;
    return false;
  }

  private dress(object: THREE.Object3D | null, placement: Place, before: Place | null): void {
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

function pointsIn(object: THREE.Object3D): THREE.Points[] {
  const found: THREE.Points[] = [];
  object.traverse((part) => {
    if (part instanceof THREE.Points) found.push(part);
  });
  return found;
}
