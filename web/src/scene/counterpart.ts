/**
 * Another moment of the same scene, for comparing: a stream, a store of tiles and what is drawn of its own, so that each
 * server session knows what its client holds. The two share the device's budget by halves.
 */

import type { Seek, SessionEvent, State } from "../stream/session";
import type { Opening } from "../stream/opening";
import type { Look } from "../stream/frames";
import { StreamSocket } from "../stream/socket";
import { Exhibit } from "./exhibit";
import type { Stage } from "./stage";
import { TileStore } from "./tiles";

export interface CounterpartHandlers {
  /** where the eye is, and of which scene */
  opening(): Opening;
  /** another cut is drawn */
  shown(): void;
  /** what stands there is known, or more of it */
  state(state: State): void;
}

export class Counterpart {
  readonly exhibit: Exhibit;
  private readonly tiles: TileStore;
  private readonly socket: StreamSocket;
  private readonly said: (state: State) => void;
  private latest: State | null = null;

  constructor(
    stage: Stage,
    anisotropy: number,
    scene: string,
    private wanted: Seek,
    handlers: CounterpartHandlers,
  ) {
    this.said = (state) => handlers.state(state);
    this.tiles = new TileStore(stage.renderer, anisotropy, {
      ready: (digest) => this.exhibit.ready(digest),
      lost: () => this.socket.restart(),
      found: () => undefined,
    });
    this.exhibit = new Exhibit(this.tiles, () => undefined, () => handlers.shown());
    stage.scene.add(this.exhibit.root);
    this.socket = new StreamSocket(location.href, {
      opening: () => ({ ...handlers.opening(), seek: this.wanted }),
      held: () => this.tiles.held(),
      event: (event) => this.heard(event),
      link: () => undefined, // the page's own connection says how it is
    });
    // Its files are of this comparison alone: the list of what the device keeps has one writer.
    void this.tiles.files.open(scene, false, 0).then(() => this.socket.start());
  }

  get state(): State | null {
    return this.latest;
  }

  seek(to: Seek): void {
    this.wanted = to;
    this.socket.seek(to);
  }

  look(view: Omit<Look, "look">): void {
    this.socket.look(view);
  }

  pause(paused: boolean): void {
    if (paused) this.socket.pause();
    else this.socket.start();
  }

  /** Gives back all that it holds. */
  end(): void {
    this.socket.pause();
    const { shown, root } = this.exhibit;
    if (this.latest) this.exhibit.setCut({ ...shown, state: this.latest.state, tiles: [] });
    this.tiles.evict(this.tiles.held());
    root.removeFromParent();
  }

  private heard(event: SessionEvent): void {
    switch (event.type) {
      case "hello":
        if (!event.resumed) this.exhibit.newSession();
        break;
      case "chunk":
        this.tiles.add(event);
        break;
      case "held":
        this.tiles.keep(event);
        break;
      case "state":
        this.latest = event.state;
        this.exhibit.addState(event.state);
        this.said(event.state);
        break;
      case "placements":
        if (this.latest) this.said(this.latest);
        break;
      case "cut":
        this.exhibit.setCut(event);
        break;
      case "evict":
        this.exhibit.forget(event.digests);
        this.tiles.evict(event.digests);
        break;
    }
  }
}
