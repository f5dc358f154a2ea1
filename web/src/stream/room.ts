/** Messages of rooms in `chronotope.v1` (docs/protocol.md, "Rooms"): bytes and JSON to values, and back. */

import { FrameError, PEERS } from "./frames";
import type { Certainty } from "./texts";

export const POSE = 0x04;

export type Triple = readonly [number, number, number];
export type Quadruple = readonly [number, number, number, number];

/** A head or a hand: metres and unit quaternion in the scene's frame. */
export interface Stance {
  position: Triple;
  orientation: Quadruple;
}

export interface Pose {
  head: Stance;
  left: Stance | null;
  right: Stance | null;
}

export interface Peer extends Pose {
  member: number;
}

export interface Member {
  m: number;
  name: string;
  role: "visitor" | "guide";
}

/** Where a guide stands; null: it does not matter. */
export interface Lead {
  at: string;
  hypothesis: string | null;
  certainty: Certainty;
  tour: string | null;
  step: number | null;
  eye: Triple | null;
  gaze: Quadruple | null;
  note: string;
}

export type RoomMessage =
  | { type: "room"; room: string; you: number; members: Member[]; guide: number | null; rate: number }
  | { type: "room_change"; joined: Member[]; left: number[]; guide: number | null }
  | ({ type: "lead"; m: number } & Lead);

const LEFT = 1;
const RIGHT = 2;
const STANCE_BYTES = 20;
const MOST_PEERS = 32;
const UNIT = 32767;

/** Throws FrameError where it is no PEERS. */
export function readPeers(view: DataView): Peer[] {
  const wrong = (why: string): never => {
    throw new FrameError(`PEERS: ${why}`);
  };
  if (view.byteLength < 4 || view.getUint8(0) !== PEERS || view.getUint8(1) !== 0) wrong("a head that is none");
  const count = view.getUint16(2, true);
  if (count < 1 || count > MOST_PEERS) wrong(`${count} members`);
  const peers: Peer[] = [];
  let at = 4;
  for (let i = 0; i < count; i += 1) {
    if (at + 5 > view.byteLength) wrong("fewer members than it says");
    const member = view.getUint32(at, true);
    const flags = view.getUint8(at + 4);
    if (flags & ~(LEFT | RIGHT)) wrong("a flag that is none");
    at += 5;
    const next = (): Stance => {
      if (at + STANCE_BYTES > view.byteLength) wrong("a member is cut off");
      const stance = readStance(view, at);
      at += STANCE_BYTES;
      return stance;
    };
    const head = next();
    peers.push({ member, head, left: flags & LEFT ? next() : null, right: flags & RIGHT ? next() : null });
  }
  if (at !== view.byteLength) wrong("bytes behind its members");
  return peers;
}

function readStance(view: DataView, at: number): Stance {
  const float = (i: number): number => {
    const value = view.getFloat32(at + 4 * i, true);
    if (!Number.isFinite(value)) throw new FrameError("PEERS: a place that is none");
    return value;
  };
  const part = (i: number): number => view.getInt16(at + 12 + 2 * i, true) / UNIT;
  return { position: [float(0), float(1), float(2)], orientation: [part(0), part(1), part(2), part(3)] };
}

export function encodePose({ head, left, right }: Pose): ArrayBuffer {
  const stances = [head, left, right].filter((stance) => stance !== null);
  const view = new DataView(new ArrayBuffer(4 + STANCE_BYTES * stances.length));
  view.setUint8(0, POSE);
  view.setUint8(1, (left ? LEFT : 0) | (right ? RIGHT : 0));
  stances.forEach(({ position, orientation }, n) => {
    const at = 4 + STANCE_BYTES * n;
    position.forEach((value, i) => view.setFloat32(at + 4 * i, value, true));
    orientation.forEach((value, i) => view.setInt16(at + 12 + 2 * i, Math.round(value * UNIT), true));
  });
  return view.buffer;
}

type Members = Record<string, unknown>;

/** The message, checked. Throws FrameError. */
export function readRoom(read: Members): RoomMessage {
  switch (read["type"]) {
    case "room":
      return {
        type: "room",
        room: text(read, "room"),
        you: whole(read["you"], "you"),
        members: list(read, "members").map(member),
        guide: guide(read),
        rate: Math.max(1, whole(read["rate"], "rate")),
      };
    case "room_change":
      return {
        type: "room_change",
        joined: list(read, "joined").map(member),
        left: list(read, "left").map((m) => whole(m, "left")),
        guide: guide(read),
      };
    case "lead":
      return {
        type: "lead",
        m: whole(read["m"], "m"),
        at: text(read, "at"),
        hypothesis: maybeText(read, "hypothesis"),
        certainty: read["certainty"] === "certain" ? "certain" : "possible",
        tour: maybeText(read, "tour"),
        step: read["step"] == null ? null : whole(read["step"], "step"),
        eye: numbers(read, "eye", 3) as Triple | null,
        gaze: numbers(read, "gaze", 4) as Quadruple | null,
        note: maybeText(read, "note") ?? "",
      };
    default:
      throw new FrameError(`unknown message of a room ${JSON.stringify(read["type"])}`);
  }
}

function wrong(name: string, expected: string): never {
  throw new FrameError(`${name}: ${expected} expected`);
}

function text(read: Members, name: string): string {
  const value = read[name];
  return typeof value === "string" ? value : wrong(name, "text");
}

function maybeText(read: Members, name: string): string | null {
  return read[name] == null ? null : text(read, name);
}

function whole(value: unknown, name: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(name, "whole number");
}

function guide(read: Members): number | null {
  return read["guide"] == null ? null : whole(read["guide"], "guide");
}

function list(read: Members, name: string): unknown[] {
  const value = read[name];
  return Array.isArray(value) ? value : wrong(name, "list");
}

function numbers(read: Members, name: string, count: number): number[] | null {
  if (read[name] == null) return null;
  const values = list(read, name);
  if (values.length !== count || !values.every((one) => Number.isFinite(one))) wrong(name, `${count} numbers`);
  return values as number[];
}

function member(value: unknown): Member {
  if (typeof value !== "object" || value === null) wrong("members", "object");
  const read = value as Members;
  return { m: whole(read["m"], "m"), name: text(read, "name"), role: read["role"] === "guide" ? "guide" : "visitor" };
}
