/**
 * Files off the main thread: decoded, checked, pictures decompressed, kept for the next visit. One worker; what takes long
 * here (inflating, hashing, decoding pictures, reading disks) is the browser's own and runs beside it.
 */

import type { Content } from "../stream/frames";
import type { Keep } from "./keep";
import type { Order, Report, Source } from "./messages";
import { keptBefore, openKeep } from "./storage";
import { Damaged, check, unpack } from "./unpack";

const MEDIA_TYPES: Record<Exclude<Content, "glb">, string> = { webp: "image/webp", jpeg: "image/jpeg", png: "image/png" };

let scene = "";
let keep: Keep | null = null;
let prepared: Promise<Keep | null> | null = null;

const say = (report: Report, transfer: Transferable[] = []): void => self.postMessage(report, { transfer });

self.onmessage = (message: MessageEvent<Order>) => {
  const order = message.data;
  switch (order.order) {
    case "prepare":
      prepared ??= keptBefore().then((kept) => (kept ? openKeep() : null));
      break;
    case "open":
      void open(order);
      break;
    case "unpack":
      void answer(order.digest, "stream", () => take(order));
      break;
    case "find":
      void find(order);
      break;
  }
};

async function open(order: Extract<Order, { order: "open" }>): Promise<void> {
  scene = order.scene;
  keep = order.keeps ? ((await prepared) ?? (await openKeep())) : null;
  say({ report: "opened", digests: keep?.of(scene) ?? [] });
}

async function take(order: Extract<Order, { order: "unpack" }>): Promise<void> {
  const bytes = await unpack(order.bytes, order.encoding, order.length);
  await check(order.digest, bytes);
  await hand(order.content, order.digest, "stream", bytes);
}

async function find(order: Extract<Order, { order: "find" }>): Promise<void> {
  const { digest, content, length } = order;
  const kept = await keep?.get(digest, scene).catch(() => null);
  if (kept) {
    try {
      await check(digest, await unpack(kept, "identity", length));
      await hand(content, digest, "kept", kept);
      return;
    } catch {
      await keep?.remove(digest).catch(() => undefined); // a disk that forgot; the server has it still
    }
  }
  await answer(digest, "http", async () => {
    const reply = await fetch(`/blobs/${digest}`);
    if (!reply.ok) throw new Error(`${digest.slice(0, 12)}… is not here any more, and the server answers ${reply.status}`);
    const bytes = await unpack(new Uint8Array(await reply.arrayBuffer()), "identity", length);
    await check(digest, bytes);
    await hand(content, digest, "http", bytes);
  });
}

async function answer(digest: string, from: Source, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say({ report: "failed", digest, from, damaged: error instanceof Damaged, why });
  }
}

/** To the page; and, where it is new here, onto the shelf. */
async function hand(content: Content, digest: string, from: Source, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const copy = keep && from !== "kept" ? bytes.slice() : null;
  if (content === "glb") {
    say({ report: "model", digest, from, bytes }, [bytes.buffer]);
  } else {
    const blob = new Blob([bytes], { type: MEDIA_TYPES[content] });
    const bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    say({ report: "picture", digest, from, bitmap }, [bitmap]);
  }
  if (!copy || !keep) return;
  try {
    if (await keep.put(digest, copy, scene)) say({ report: "kept", digest });
  } catch (error) {
    console.warn(`${digest.slice(0, 12)}… is not kept:`, error);
  }
}
