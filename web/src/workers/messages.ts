/** What the page and its worker of files say to each other. */

import type { Content, Encoding } from "../stream/frames";

export type Order =
  /** Read what is kept on this device, where something is: it will be asked for soon. */
  | { order: "prepare" }
  /** Begin: for which scene, and whether to keep files beyond this visit. */
  | { order: "open"; scene: string; keeps: boolean }
  /** Here is a file as it was sent. */
  | { order: "unpack"; content: Content; encoding: Encoding; digest: string; length: number; bytes: Uint8Array<ArrayBuffer> }
  /** Find a file that the server takes to be here. */
  | { order: "find"; content: Content; digest: string; length: number };

export type Report =
  | { report: "opened"; digests: string[] }
  | { report: "model"; digest: string; from: Source; bytes: Uint8Array<ArrayBuffer> }
  | { report: "picture"; digest: string; from: Source; bitmap: ImageBitmap }
  /** It is kept on this device now. */
  | { report: "kept"; digest: string }
  | { report: "failed"; digest: string; from: Source; damaged: boolean; why: string };

/** Where a file came from: sent by the stream, kept on this device, or fetched by HTTP. */
export type Source = "stream" | "kept" | "http";
