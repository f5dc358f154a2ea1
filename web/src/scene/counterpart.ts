/** Another moment of the same scene, for comparing, by a stream of its own. The two share the device's budget by halves. */

import type { Look } from "../stream/frames";
import type { Opening } from "../stream/opening";
import type { Budget, Seek, State } from "../stream/session";
import { Relay } from "../stream/relay";
import { StreamSocket } from "../stream/socket";
import { Files } from "../workers/files";
import type { Exhibit } from "./exhibit";
import { Feed } from "./feed";
import type { Stage } from "./stage";

export interface CounterpartHandlers {
  /** where the eye is, and of which scene */
  opening(): Opening;
  /** another cut is drawn */
  shown(): void;
  /** what stands there is known, or more of it */
  state(state: State): void;
}

export class Counterpart {
  private readonly feed: Feed;
  private latest: State | null = null;

  constructor(
    stage: Stage,
    anisotropy: number,
    scene: string,
    private wanted: Seek,
    handlers: CounterpartHandlers,
  ) {
    const files = new Files();
    const opening = (): Opening => ({ ...handlers.opening(), seek: this.wanted });
    const relay = new Relay({ opening, held: () => [] });
    this.feed = new Feed(stage, anisotropy, files, new StreamSocket(location.href, relay), relay, {
      opening,
      link: () => undefined, // the page's own connection says how it is
      beforeMoment: () => undefined,
      shown: () => handlers.shown(),
      heard: (event) => {
        if (event.type === "state") this.latest = event.state;
        if (this.latest && (event.type === "state" || event.type === "placements")) handlers.state(this.latest);
      },
    });
    stage.scene.add(this.exhibit.root);
    this.feed.listen();
    // Its files are of this comparison alone: the list of what the device keeps has one writer.
    void files.open(scene, false, 0).then(() => this.feed.socket.start());
  }

  get exhibit(): Exhibit {
    return this.feed.exhibit;
  }

  get state(): State | null {
    return this.latest;
  }

  seek(to: Seek): void {
    this.wanted = to;
    this.feed.socket.seek(to);
  }

  look(view: Omit<Look, "look">): void {
    this.feed.socket.look(view);
  }

  budget(budget: Budget): void {
    this.feed.socket.budget(budget);
  }

  pause(paused: boolean): void {
    if (paused) this.feed.socket.pause();
    else this.feed.socket.start();
  }

  /** Gives back all that it holds. */
  end(): void {
    const { exhibit, socket, tiles } = this.feed;
    socket.pause();
    if (this.latest) exhibit.setCut({ ...exhibit.shown, state: this.latest.state, tiles: [] });
    tiles.evict(tiles.held());
    exhibit.root.removeFromParent();
  }
}
