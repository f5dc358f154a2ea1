/**
 * One stream with its tiles and what is drawn of them. They belong together: each session of the server knows what its own
 * client holds. What is not about tiles is told on.
 */

import type { Opening } from "../stream/opening";
import type { SessionEvent } from "../stream/session";
import type { Relay } from "../stream/relay";
import type { Link, StreamSocket } from "../stream/socket";
import type { Files } from "../workers/files";
import { Exhibit } from "./exhibit";
import type { Stage } from "./stage";
import { TileStore } from "./tiles";

export interface FeedHandlers {
  /** where the eye is, which scene, which moment */
  opening(): Opening;
  link(link: Link): void;
  /** a cut of another state is about to replace what is seen */
  beforeMoment(): void;
  /** another cut is drawn */
  shown(): void;
  /** what came, after tiles and cuts have taken their part of it */
  heard(event: SessionEvent): void;
}

/** Where one file is gone from the device, more are: they are found out together. */
const LOST_TOGETHER_MS = 100;

export class Feed {
  readonly tiles: TileStore;
  readonly exhibit: Exhibit;
  private restartTimer: number | undefined;

  constructor(
    stage: Stage,
    anisotropy: number,
    files: Files,
    readonly socket: StreamSocket,
    private readonly relay: Relay,
    private readonly handlers: FeedHandlers,
  ) {
    this.tiles = new TileStore(stage.renderer, anisotropy, files, {
      ready: (digest) => this.exhibit.ready(digest),
      lost: (digest) => this.lost(digest),
      found: (digests) => this.socket.have(digests),
    });
    this.exhibit = new Exhibit(this.tiles, handlers.beforeMoment, handlers.shown);
  }

  /** Hears what comes, and what came before. */
  listen(): void {
    this.relay.listen({
      opening: this.handlers.opening,
      held: () => this.tiles.held(),
      link: this.handlers.link,
      event: (event) => this.heard(event),
    });
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
        this.exhibit.addState(event.state);
        break;
      case "cut":
        this.exhibit.setCut(event);
        break;
      case "evict":
        this.exhibit.forget(event.digests);
        this.tiles.evict(event.digests);
        // Out of memory, but still on this device: it need not be sent again.
        this.socket.have(event.digests.filter((digest) => this.tiles.files.kept.has(digest)));
        break;
    }
    this.handlers.heard(event);
  }

  /** The server takes a file to be here that is not: another session asks for it anew. */
  private lost(digest: string): void {
    console.warn(`file ${digest.slice(0, 12)}… is gone from this device`);
    this.restartTimer ??= window.setTimeout(() => {
      this.restartTimer = undefined;
      this.socket.restart();
    }, LOST_TOGETHER_MS);
  }
}
