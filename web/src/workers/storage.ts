/** The browser's own storage under a `Keep`: bytes in Cache Storage, their list in IndexedDB. Both are of this origin. */

import { Keep } from "./keep";
import type { Entry, Ledger, Shelf } from "./keep";

const NAME = "chronotope-files-1";
const STORE = "files";
const MOST_BYTES = 2 * 1024 ** 3;
/** Of what the browser would give us; other parts of the origin want some, too. */
const SHARE = 0.4;

/** What is kept on this device; null where the browser keeps nothing for us (plain http, private windows). */
export async function openKeep(): Promise<Keep | null> {
  if (typeof caches === "undefined" || typeof indexedDB === "undefined") return null;
  try {
    const { quota = 0 } = (await navigator.storage?.estimate()) ?? {};
    const [ledger, cache] = await Promise.all([openLedger(), caches.open(NAME)]);
    return await Keep.open(ledger, shelf(cache), Math.min(MOST_BYTES, quota * SHARE), Date.now);
  } catch (error) {
    console.warn("nothing is kept on this device:", error);
    return null;
  }
}

/** Whether something was kept here before: only then is opening it no trace of a visit. */
export async function keptBefore(): Promise<boolean> {
  return typeof caches !== "undefined" && (await caches.has(NAME).catch(() => false));
}

function shelf(cache: Cache): Shelf {
  const address = (digest: string): string => `/kept/${digest}`;
  return {
    async get(digest) {
      const answer = await cache.match(address(digest));
      return answer ? new Uint8Array(await answer.arrayBuffer()) : null;
    },
    // Content types and the like are for pages; nobody but us reads this.
    put: (digest, bytes) => cache.put(address(digest), new Response(bytes)),
    async remove(digest) {
      await cache.delete(address(digest));
    },
  };
}

async function openLedger(): Promise<Ledger> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "digest" });
  const database = await answer(request);
  const change = (act: (store: IDBObjectStore) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite", { durability: "relaxed" });
      act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the list of files could not be written"));
    });
  return {
    all: () => answer<Entry[]>(database.transaction(STORE).objectStore(STORE).getAll()),
    put: (entries) => change((store) => entries.forEach((entry) => store.put(entry))),
    remove: (digests) => change((store) => digests.forEach((digest) => store.delete(digest))),
  };
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the list of files could not be read"));
  });
}
