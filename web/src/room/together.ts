/**
 * Visiting together, joined to the page: presence goes out ten times a second while this visitor is in the room, and what
 * the guide shows comes in. A link brings into a room (`?room=…`, a guide's with `#guide=…`); without one a visitor may
 * open a room and pass its link on. Nothing is said of anybody before they join.
 */

import * as THREE from "three";
import type { Headset } from "../headset/headset";
import type { Hand } from "../headset/wands";
import type { Movement, View } from "../scene/movement";
import type { Stage } from "../scene/stage";
import type { Seek } from "../stream/session";
import type { Lead, Peer, Pose, Quadruple, RoomMessage, Stance, Triple } from "../stream/room";
import { Attendance } from "./attendance";
import { Avatars } from "./avatars";
import { RoomPanel } from "./panel";
import { Pointer } from "./pointer";

export interface TogetherHandlers {
  send(message: string | ArrayBuffer): boolean;
  /** the moment that this visitor sees */
  moment(): Seek;
  /** the step of a tour that is open */
  step(): { tour: string; step: number } | null;
  /** the guide shows another moment */
  show(moment: Seek): void;
  /** the guide opened a step of a tour, or closed it */
  showStep(step: { tour: string; step: number } | null): void;
}

export interface Invitation {
  room: string;
  key: string;
}

/** towards the guide's view, of what is left, a second */
const FOLLOW = 4.5;
const AHEAD_M = 12;
/** the server takes no hand that is farther from its head than twice this */
const ARM_M = 1.5;
const THERE_M = 0.01;

/**
 * What the page's address invites to. A guide's key leaves the address at once: it is not for those who look over a
 * shoulder. This tab keeps it until it is closed, so that a guide may open the page again.
 */
export function readInvitation(): Invitation | null {
  const room = new URLSearchParams(location.search).get("room") ?? "";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(room)) return null;
  const kept = `chronotope.guide:${room}`;
  const parts = new URLSearchParams(location.hash.slice(1));
  const key = parts.get("guide");
  if (key !== null) {
    parts.delete("guide");
    history.replaceState(null, "", `${location.pathname}${location.search}#${parts}`);
  }
  try {
    if (key !== null) sessionStorage.setItem(kept, key);
    return { room, key: key ?? sessionStorage.getItem(kept) ?? "" };
  } catch {
    return { room, key: key ?? "" }; // storage is forbidden here
  }
}

/** A room that nobody guesses; it is in the address from now on, so that reloading the page stays in it. */
function newRoom(): Invitation {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const room = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const address = new URL(location.href);
  address.searchParams.set("room", room);
  history.replaceState(null, "", address);
  return { room, key: "" };
}

export class Together {
  readonly panel: RoomPanel;
  readonly attendance: Attendance;
  readonly avatars: Avatars;
  private readonly pointer: Pointer;
  private latest: Lead | null = null;
  private following = true;
  private goal: View | null = null;
  private shown = "";
  private shownStep = "";
  private connected = false;

  constructor(
    private invitation: Invitation | null,
    private readonly stage: Stage,
    private readonly movement: Movement,
    private readonly headset: Headset,
    solid: THREE.Object3D,
    private readonly reducedMotion: () => boolean,
    private readonly handlers: TogetherHandlers,
  ) {
    this.avatars = new Avatars(stage);
    this.pointer = new Pointer(stage, solid);
    this.attendance = new Attendance({
      send: (message) => handlers.send(message),
      changed: () => this.refresh(),
      peers: (peers) => this.meet(peers),
      left: (members) => this.avatars.forget(members),
      lead: (lead) => this.follow(lead),
    });
    this.panel = new RoomPanel(!invitation ? "offer" : invitation.key === "" ? "visitor" : "guide", {
      join: (name) => {
        const { room, key } = (this.invitation ??= newRoom());
        this.attendance.join({ room, name, role: key === "" ? "visitor" : "guide", key });
      },
      leave: () => this.attendance.leave(),
      follow: (follow) => this.setFollowing(follow),
      point: (point) => {
        this.pointer.turn(point);
        this.refresh();
      },
    });
    this.refresh();
    for (const type of ["pointerdown", "wheel"] as const) stage.canvas.addEventListener(type, () => this.wander(), { passive: true });
    stage.canvas.addEventListener("keydown", ({ key }) => {
      if (/^(Arrow|[wasd]$)/i.test(key)) this.wander();
    });
    stage.onTick((delta) => this.tick(delta));
  }

  /** There is a connection again. */
  greeted(): void {
    this.connected = true;
    this.attendance.lost();
    this.attendance.connected();
    this.refresh();
  }

  lost(): void {
    this.connected = false;
    this.attendance.lost();
    this.refresh();
  }

  /** Whether a link brought this visitor here. */
  get invited(): boolean {
    return this.invitation !== null;
  }

  /** For tests and for the curious; null where there is no room. */
  get stats() {
    const { attendance, avatars } = this;
    if (!this.invitation) return null;
    return {
      inside: attendance.inside,
      members: [...attendance.members.values()].map(({ name }) => name),
      leads: attendance.leads,
      following: this.following,
      avatars: avatars.visible,
      heads: avatars.heads,
      beams: avatars.beams,
      hands: avatars.hands,
    };
  }

  /** Whether this visitor goes with the guide; null where nobody else leads. */
  get guided(): { following: boolean } | null {
    const { attendance } = this;
    return attendance.guide === null || attendance.leads ? null : { following: this.following };
  }

  /** Where the guide's head was last, scene frame; null where nobody leads or nothing is known yet. */
  get guideHead(): THREE.Vector3 | null {
    const { guide } = this.attendance;
    return this.guided && guide !== null ? this.avatars.headOf(guide) : null;
  }

  /** Goes with the guide, or no longer. */
  turnFollowing(): void {
    this.setFollowing(!this.following);
  }

  /** This visitor goes their own way. */
  wander(): void {
    this.setFollowing(false);
  }

  hear(message: RoomMessage): void {
    this.attendance.hear(message);
  }

  hearPeers(peers: Peer[]): void {
    this.attendance.hearPeers(peers);
  }

  private meet(peers: Peer[]): void {
    const { members, guide } = this.attendance;
    for (const peer of peers) {
      const member = members.get(peer.member);
      if (member) this.avatars.move(peer, member, guide === peer.member);
    }
  }

  private refresh(): void {
    const { attendance } = this;
    if (attendance.guide === null) this.goal = null;
    this.panel.show({
      inside: attendance.inside,
      connecting: !this.connected,
      refusal: attendance.refusal,
      you: attendance.you,
      guide: attendance.guide,
      members: [...attendance.members.values()],
      following: this.following,
      points: this.pointer.points,
      link: this.invitation ? `${location.origin}${location.pathname}?room=${this.invitation.room}` : "",
    });
  }

  private setFollowing(follow: boolean): void {
    if (this.following === follow || !this.attendance.inside) return;
    this.following = follow;
    this.refresh();
    if (follow && this.latest) this.follow(this.latest, true);
  }

  private follow(lead: Lead, anew = false): void {
    this.latest = lead;
    if (!this.following) return;
    const moment = { at: lead.at, hypothesis: lead.hypothesis, certainty: lead.certainty };
    const said = JSON.stringify(moment);
    if (anew || said !== this.shown) {
      this.shown = said;
      this.handlers.show(moment);
    }
    const step = lead.tour !== null && lead.step !== null ? { tour: lead.tour, step: lead.step } : null;
    const saidStep = JSON.stringify(step);
    if (anew || saidStep !== this.shownStep) {
      this.shownStep = saidStep;
      this.handlers.showStep(step);
    }
    if (lead.eye && lead.gaze) {
      const position = new THREE.Vector3(...lead.eye);
      const ahead = new THREE.Vector3(0, 0, -1).applyQuaternion(new THREE.Quaternion(...lead.gaze));
      this.goal = { position, target: position.clone().addScaledVector(ahead, AHEAD_M) };
    }
  }

  private tick(delta: number): boolean {
    const { attendance } = this;
    if (!attendance.inside) return false;
    const now = performance.now();
    const pose = this.pose();
    attendance.pose(pose, now);
    if (attendance.leads) {
      const step = this.handlers.step();
      const { position, orientation } = pose.head;
      const lead = { ...this.handlers.moment(), tour: step?.tour ?? null, step: step?.step ?? null, note: "" };
      attendance.lead({ ...lead, eye: rounded(position, 1e3), gaze: rounded(orientation, 1e4) }, now);
      return false;
    }
    // In a headset only one's own head turns the view; the moment is followed all the same.
    if (!this.goal || !this.following || this.headset.presenting) return false;
    return this.approach(this.goal, delta);
  }

  private approach(goal: View, delta: number): boolean {
    const { camera } = this.stage;
    const position = camera.position.clone();
    const target = position.clone().addScaledVector(camera.getWorldDirection(new THREE.Vector3()), AHEAD_M);
    const far = position.distanceTo(goal.position) + target.distanceTo(goal.target);
    if (far < THERE_M) return false;
    const t = this.reducedMotion() ? 1 : 1 - Math.exp(-FOLLOW * delta);
    this.movement.place({ position: position.lerp(goal.position, t), target: target.lerp(goal.target, t) });
    return true;
  }

  private pose(): Pose {
    const inside = this.headset.view();
    if (inside) {
      const head = new THREE.Vector3(...inside.eye);
      const hand = (side: Hand): Stance | null => {
        const stance = this.headset.stance(side);
        // A giant's arms are as long as anybody's for the others; in a session's first frame head and hands may not fit yet.
        stance?.position.sub(head).divideScalar(this.headset.feet.scale).add(head);
        return stance && stance.position.distanceTo(head) < ARM_M ? stanceAt(stance) : null;
      };
      return { head: { position: inside.eye, orientation: inside.orientation }, left: hand("left"), right: hand("right") };
    }
    const right = this.attendance.leads ? stanceAt(this.pointer.stance(performance.now())) : null;
    return { head: stanceOf(this.stage.camera), left: null, right };
  }
}

function stanceOf(object: THREE.Object3D): Stance {
  const position = object.getWorldPosition(new THREE.Vector3());
  return { position: triple(position), orientation: quadruple(object.getWorldQuaternion(new THREE.Quaternion())) };
}

function stanceAt(hand: { position: THREE.Vector3; orientation: THREE.Quaternion } | null): Stance | null {
  return hand && { position: triple(hand.position), orientation: quadruple(hand.orientation) };
}

function triple({ x, y, z }: THREE.Vector3): Triple {
  return [x, y, z];
}

function quadruple({ x, y, z, w }: THREE.Quaternion): Quadruple {
  return [x, y, z, w];
}

function rounded<T extends readonly number[]>(values: T, to: number): T {
  return values.map((value) => Math.round(value * to) / to) as unknown as T;
}
