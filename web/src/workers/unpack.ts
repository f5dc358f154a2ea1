/** Files as they were sent, made what they are: decoded, measured, compared with their digest. */

import { hex } from "../stream/frames";
import type { Encoding } from "../stream/frames";
import { unbrotli } from "./brotli";

export class Damaged extends Error {
  override name = "Damaged";
}

/** Digests are checked only where the browser lends its hash: in a secure context. */
export const verifies = typeof crypto !== "undefined" && crypto.subtle !== undefined;

/**
 * The file of `length` bytes that `sent` holds in this coding.
 *
 * Throws Damaged where it is no such coding, or longer or shorter: more than `length` bytes are never decoded.
 */
export async function unpack(sent: Uint8Array<ArrayBuffer>, encoding: Encoding, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (encoding === "identity") {
    if (sent.byteLength !== length) throw new Damaged(`a file of ${sent.byteLength} bytes, ${length} were said`);
    return sent;
  }
  if (encoding === "br") {
    try {
      return unbrotli(sent, length);
    } catch (cause) {
      throw new Damaged("a file cannot be decoded", { cause });
    }
  }
  const file = new Uint8Array(length);
  const reader = new Blob([sent]).stream().pipeThrough(new DecompressionStream(encoding)).getReader();
  let at = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (at + value.byteLength > length) throw new Damaged(`a file of more than the ${length} bytes that were said`);
      file.set(value, at);
      at += value.byteLength;
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    throw cause instanceof Damaged ? cause : new Damaged("a file cannot be decoded", { cause });
  }
  if (at < length) throw new Damaged(`a file of ${at} bytes, ${length} were said`);
  return file;
}

/** Throws Damaged where the bytes are not those of the digest. */
export async function check(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (!verifies) return;
  const found = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  if (found !== digest) throw new Damaged(`bytes of ${digest.slice(0, 12)}… have digest ${found.slice(0, 12)}…`);
}
