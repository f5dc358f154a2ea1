/** `window.chronotope`: what the viewer counts, for tests and for the curious. */

import * as THREE from "three";
import type { Together } from "../room/together";
import type { Exhibit } from "../scene/exhibit";
import { toView } from "../scene/flights";
import type { Headset } from "../headset/headset";
import type { Movement } from "../scene/movement";
import type { Quality } from "../scene/quality";
import type { Stage } from "../scene/stage";
import type { TileStore } from "../scene/tiles";
import type { Seek, State } from "../stream/session";
import type { StreamSocket } from "../stream/socket";
import type { Stats } from "../stream/texts";
import type { Study } from "./study";

export interface Inspected {
  readonly stage: Stage;
  readonly exhibit: Exhibit;
  readonly tiles: TileStore;
  readonly movement: Movement;
  readonly headset: Headset;
  readonly socket: StreamSocket;
  readonly quality: Quality;
  readonly together: Together;
  readonly study: Study;
  readonly state: State | null;
  readonly serverStats: Stats | null;
  want(change: Partial<Seek>): void;
}

export function expose(page: Inspected): void {
  Object.defineProperty(window, "chronotope", {
    value: {
      get stats() {
        return counted(page);
      },
      seek: (at: string) => page.want({ at }),
      camera: (position: [number, number, number], target: [number, number, number]) =>
        page.movement.place(toView({ position, target })),
      stage: page.stage,
      root: page.exhibit.root,
      onBoard: (what: Parameters<Headset["onBoard"]>[0]) => page.headset.onBoard(what),
      eye: () => page.stage.camera.getWorldPosition(new THREE.Vector3()).toArray(),
      setCertainty: (certainty: Seek["certainty"]) => page.want({ certainty }),
    },
  });
}

function counted({ exhibit, socket, tiles, stage, headset, state, quality, together, study, serverStats }: Inspected): object {
  const { info } = stage.renderer;
  return {
    chunkBytes: socket.chunkBytes,
    connections: socket.connections,
    lastSeek: socket.lastSeek,
    lastLook: socket.lastLook,
    answeredSeek: state?.seek ?? 0,
    at: state?.at ?? null,
    standing: state ? state.count.certain + state.count.possible : 0,
    shown: { ...exhibit.shown },
    cutsApplied: exhibit.cutsApplied,
    tiles: { ...tiles.stats },
    held: tiles.inMemory,
    kept: tiles.files.kept.size,
    files: { ...tiles.files.stats },
    longestUploadMs: tiles.longestUploadMs,
    resumptions: socket.resumptions,
    room: together.stats,
    study: study.stats,
    server: serverStats,
    verifies: tiles.verifies,
    quality,
    frames: stage.frames,
    frameMs: stage.frameMs,
    triangles: info.render.triangles,
    draws: info.render.calls,
    geometries: info.memory.geometries,
    textures: info.memory.textures,
    inHeadset: headset.presenting,
    headsetFrames: headset.frames,
    headsetViews: headset.views,
    headset: headset.stats,
  };
}
