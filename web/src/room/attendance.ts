/**
 * Being in a room: who is there, who leads, and what this visitor says of themselves. Knows no page and no picture.
 *
 * Nothing is said before `join`. A lost connection leaves the room; a new one joins again under another number.
 */

import { encodePose } from "../stream/room";
import type { Lead, Member, Peer, Pose, RoomMessage } from "../stream/room";

export interface AttendanceHandlers {
  /** says a message; whether there was a connection for it */
  send(message: string | ArrayBuffer): boolean;
  /** members, guide, or whether this visitor is in the room changed */
  changed(): void;
  peers(peers: Peer[]): void;
  left(members: number[]): void;
  lead(lead: Lead): void;
}

export interface Wish {
  room: string;
  name: string;
  role: "visitor" | "guide";
  key: string;
}

const LEAD_EVERY_MS = 200;
const MOVED_M = 0.004;
const TURNED = 0.002;

export class Attendance {
  members: ReadonlyMap<number, Member> = new Map();
  guide: number | null = null;
  you: number | null = null;
  /** why the server did not let this visitor in; empty: it did, or was not asked */
  refusal = "";
  private wish: Wish | null = null;
  private poseEveryMs = 100;
  private posed: Pose | null = null;
  private posedAt = -Infinity;
  private led = "";
  private ledAt = -Infinity;

  constructor(private readonly handlers: AttendanceHandlers) {}

  get inside(): boolean {
    return this.you !== null;
  }

  /** Whether this visitor is the one whom the others follow. */
  get leads(): boolean {
    return this.you !== null && this.guide === this.you;
  }

  join(wish: Wish): void {
    this.wish = wish;
    this.refusal = "";
    this.connected();
  }

  leave(): void {
    this.wish = null;
    this.handlers.send(JSON.stringify({ type: "leave" }));
    this.lost();
  }

  /** There is a connection, maybe a new one: whoever was in a room comes in again. */
  connected(): void {
    if (!this.wish) return;
    const { room, name, role, key } = this.wish;
    this.handlers.send(JSON.stringify({ type: "join", room, name, role, ...(key && { key }) }));
  }

  /** The connection is gone, and with it everybody. */
  lost(): void {
    if (this.you === null) return;
    const gone = [...this.members.keys()];
    this.members = new Map();
    this.guide = this.you = null;
    this.handlers.left(gone);
    this.handlers.changed();
  }

  /** The server refused something; answers whether that was coming in. */
  refused(message: string): boolean {
    if (!this.wish || this.you !== null) return false;
    this.wish = null;
    this.refusal = message;
    this.handlers.changed();
    return true;
  }

  hear(message: RoomMessage): void {
    switch (message.type) {
      case "room":
        this.handlers.left([...this.members.keys()]);
        this.members = new Map(message.members.map((member) => [member.m, member]));
        this.you = message.you;
        this.guide = message.guide;
        this.poseEveryMs = 1000 / message.rate;
        this.posed = null;
        this.led = "";
        this.handlers.changed();
        break;
      case "room_change": {
        if (this.you === null) return;
        const members = new Map(this.members);
        for (const m of message.left) members.delete(m);
        for (const member of message.joined) members.set(member.m, member);
        this.members = members;
        this.guide = message.guide;
        this.handlers.left(message.left);
        this.handlers.changed();
        break;
      }
      case "lead":
        if (this.you !== null && message.m !== this.you) this.handlers.lead(message);
        break;
    }
  }

  hearPeers(peers: Peer[]): void {
    if (this.you === null) return;
    this.handlers.peers(peers.filter((peer) => peer.member !== this.you && this.members.has(peer.member)));
  }

  /** Says where this visitor is, where that is news. */
  pose(pose: Pose, now: number): void {
    if (this.you === null || now - this.posedAt < this.poseEveryMs || !differs(this.posed, pose)) return;
    if (!this.handlers.send(encodePose(pose))) return;
    this.posed = pose;
    this.posedAt = now;
  }

  /** Says where the guide stands, where that is news. */
  lead(lead: Lead, now: number): void {
    if (!this.leads || now - this.ledAt < LEAD_EVERY_MS) return;
    const said = JSON.stringify({ type: "lead", ...lead });
    if (said === this.led || !this.handlers.send(said)) return;
    this.led = said;
    this.ledAt = now;
  }
}

function differs(a: Pose | null, b: Pose): boolean {
  if (!a) return true;
  return (["head", "left", "right"] as const).some((part) => {
    const [from, to] = [a[part], b[part]];
    if (!from || !to) return from !== to;
    return (
      from.position.some((value, i) => Math.abs(value - to.position[i]!) > MOVED_M) ||
      from.orientation.some((value, i) => Math.abs(value - to.orientation[i]!) > TURNED)
    );
  });
}
