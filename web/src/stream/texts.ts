/** Text messages of `chronotope.v1` from the server: JSON to values, checked as far as the viewer relies on them. */

import { FrameError } from "./frames";
import type { Certainty } from "./frames";

export type { Certainty } from "./frames";

/** What a device can hold and draw. */
export interface Budget {
  bytes: number;
  triangles: number;
  draws: number;
  textures: number;
}

export interface Hello {
  session: string;
  scene: string;
  title: string;
  /** bytes that may be unacknowledged, to begin with */
  window: number;
  /** token to resume this session with */
  resume: string;
  /** the session before goes on; else everything begins anew */
  resumed: boolean;
  /** in force */
  budget: Budget;
}

/** The server's own figures of this stream, names as on the wire. */
export interface Stats {
  rtt_ms: number;
  bandwidth: number;
  window: number;
  unacknowledged: number;
  queued: number;
  held: number;
  chunks: number;
  evicted: number;
  prefetched: number;
}

/** How many placements, by certainty. */
export type Count = Record<Certainty, number>;

export interface StateText {
  state: number;
  seek: number;
  at: string;
  label: string;
  hypothesis: string | null;
  certainty: Certainty;
  /** of all that stands */
  count: Count;
  /** of what was said and stands no more */
  gone: number[];
}

export type Text =
  | ({ type: "hello" } & Hello)
  | ({ type: "state" } & StateText)
  | { type: "error"; code: string; message: string; seek: number | null }
  | ({ type: "stats" } & Stats)
  | { type: "room"; message: Record<string, unknown> };

type Members = Record<string, unknown>;

/**
 * The message in `text`. Members that are not known are left out.
 *
 * Throws FrameError where it is no JSON object, of an unknown type, or lacks a member.
 */
export function parseText(text: string): Text {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new FrameError("a text message is not JSON");
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new FrameError("a text message is not a JSON object");
  }
  const read = message as Members;
  switch (read["type"]) {
    case "hello":
      if (read["version"] !== 1) wrong("version", "1");
      return {
        type: "hello",
        session: words(read, "session"),
        scene: words(read, "scene"),
        title: words(read, "title"),
        window: count(read, "window"),
        resume: words(read, "resume"),
        resumed: truth(read, "resumed"),
        budget: budget(read["budget"]),
      };
    case "state":
      return {
        type: "state",
        state: count(read, "state"),
        seek: count(read, "seek"),
        at: words(read, "at"),
        label: words(read, "label"),
        hypothesis: read["hypothesis"] == null ? null : words(read, "hypothesis"),
        certainty: certainty(read),
        count: counts(read["count"]),
        gone: list(read, "gone").map((n) => count({ gone: n }, "gone")),
      };
    case "error":
      return {
        type: "error",
        code: words(read, "code"),
        message: words(read, "message"),
        seek: read["seek"] == null ? null : count(read, "seek"),
      };
    case "stats":
      return {
        type: "stats",
        rtt_ms: number(read, "rtt_ms"),
        bandwidth: number(read, "bandwidth"),
        window: number(read, "window"),
        unacknowledged: number(read, "unacknowledged"),
        queued: number(read, "queued"),
        held: number(read, "held"),
        chunks: number(read, "chunks"),
        evicted: number(read, "evicted"),
        prefetched: number(read, "prefetched"),
      };
    case "room":
    case "room_change":
    case "lead":
      return { type: "room", message: read };
    default:
      throw new FrameError(`unknown message type ${JSON.stringify(read["type"])}`);
  }
}

function wrong(name: string, expected: string): never {
  throw new FrameError(`${name}: ${expected} expected`);
}

function words(read: Members, name: string): string {
  const value = read[name];
  return typeof value === "string" ? value : wrong(name, "text");
}

function number(read: Members, name: string): number {
  const value = read[name];
  return typeof value === "number" ? value : wrong(name, "number");
}

function count(read: Members, name: string): number {
  const value = number(read, name);
  return Number.isSafeInteger(value) && value >= 0 ? value : wrong(name, "whole number");
}

function truth(read: Members, name: string): boolean {
  const value = read[name];
  return typeof value === "boolean" ? value : wrong(name, "true or false");
}

function list(read: Members, name: string): unknown[] {
  const value = read[name];
  return Array.isArray(value) ? value : wrong(name, "list");
}

function object(value: unknown, name: string): Members {
  return typeof value === "object" && value !== null ? (value as Members) : wrong(name, "object");
}

function certainty(read: Members): Certainty {
  const value = read["certainty"];
  return value === "certain" || value === "possible" ? value : wrong("certainty", "certain or possible");
}

function budget(value: unknown): Budget {
  const read = object(value, "budget");
  return {
    bytes: count(read, "bytes"),
    triangles: count(read, "triangles"),
    draws: count(read, "draws"),
    textures: count(read, "textures"),
  };
}

function counts(value: unknown): Count {
  const read = object(value, "count");
  return { certain: count(read, "certain"), possible: count(read, "possible") };
}
