/**
 * Others in the room, as head and hands with their name: pale like plaster, the guide's in gold. Whoever stands where
 * this visitor's own eye is, is not drawn. Poses come ten times a second at most; in between they are blended.
 */

import * as THREE from "three";
import type { Member, Peer, Stance } from "../stream/room";
import { disposeLabel, makeLabel } from "../scene/label";
import type { Stage } from "../scene/stage";

const PLASTER = 0xe9e2d4;
const GOLD = 0xe8bd6b;
const VISOR = 0x465160;
/** towards the latest pose, of what is left, a second */
const BLEND = 11;
const JUMP_M = 6;
const OWN_SPACE_M = 0.7;
const SETTLED_M = 0.002;
const BEAM_M = 40;
/** height of a name, of the height of the picture */
const NAME_HEIGHT = 0.046;

interface Part {
  object: THREE.Object3D;
  goal: Stance | null;
}

type Thread = THREE.Mesh<THREE.CylinderGeometry, THREE.MeshBasicMaterial>;

interface Avatar {
  root: THREE.Group;
  /** from the guide's right hand, which points; null of everybody else's */
  beam: Thread | null;
  head: Part;
  left: Part;
  right: Part;
  name: THREE.Sprite;
  fresh: boolean;
}

export class Avatars {
  private readonly root = new THREE.Group();
  private readonly all = new Map<number, Avatar>();
  private readonly head = headGeometry();
  private readonly visor = visorGeometry();
  private readonly hand = new THREE.CapsuleGeometry(0.035, 0.07, 4, 12).rotateX(Math.PI / 2);
  private readonly dark = new THREE.MeshStandardMaterial({ color: VISOR, roughness: 0.25 });
  private readonly plaster = new THREE.MeshStandardMaterial({ color: PLASTER, roughness: 0.75 });
  private readonly gold = new THREE.MeshStandardMaterial({ color: GOLD, roughness: 0.4, emissive: GOLD, emissiveIntensity: 0.15 });

  constructor(private readonly stage: Stage) {
    stage.scene.add(this.root);
    stage.onTick((delta) => this.tick(delta));
  }

  /** How many are drawn. */
  get visible(): number {
    return [...this.all.values()].filter(({ head }) => head.object.visible).length;
  }

  /** Where the heads are that are known, by member. */
  get heads(): Record<number, number[]> {
    return Object.fromEntries([...this.all].map(([m, { head }]) => [m, head.object.position.toArray()]));
  }

  /** Where a head is going; null where nothing is known of it. */
  headOf(member: number): THREE.Vector3 | null {
    const goal = this.all.get(member)?.head.goal;
    return goal ? new THREE.Vector3(...goal.position) : null;
  }

  /** How many point at something. */
  get beams(): number {
    return [...this.all.values()].filter(({ right, beam }) => beam && right.object.visible).length;
  }

  /** How many hands are drawn. */
  get hands(): number {
    return [...this.all.values()].flatMap(({ left, right }) => [left, right]).filter(({ object }) => object.visible).length;
  }

  move(peer: Peer, member: Member, guides: boolean): void {
    let avatar = this.all.get(peer.member);
    if (!avatar) {
      avatar = this.make(member, guides);
      this.all.set(peer.member, avatar);
      this.root.add(avatar.root);
    }
    for (const part of ["head", "left", "right"] as const) avatar[part].goal = peer[part];
    this.stage.invalidate();
  }

  forget(members: readonly number[]): void {
    for (const m of members) {
      const avatar = this.all.get(m);
      if (!avatar) continue;
      this.root.remove(avatar.root);
      disposeLabel(avatar.name);
      avatar.beam?.geometry.dispose();
      avatar.beam?.material.dispose();
      this.all.delete(m);
      this.stage.invalidate();
    }
  }

  private make(member: Member, guides: boolean): Avatar {
    const material = guides ? this.gold : this.plaster;
    const head = new THREE.Group();
    head.add(new THREE.Mesh(this.head, material), new THREE.Mesh(this.visor, this.dark));
    const [left, right] = [new THREE.Mesh(this.hand, material), new THREE.Mesh(this.hand, material)];
    const name = makeLabel([member.name], guides ? "#e8bd6b" : "#f4efe6", NAME_HEIGHT);
    const root = new THREE.Group();
    root.add(head, left, right, name);
    const beam = guides ? makeBeam() : null;
    if (beam) right.add(beam);
    // People are looked through: what is behind them can be clicked.
    root.traverse((object) => (object.raycast = () => undefined));
    const part = (object: THREE.Object3D): Part => ({ object, goal: null });
    return { root, beam, head: part(head), left: part(left), right: part(right), name, fresh: true };
  }

  private tick(delta: number): boolean {
    if (this.all.size === 0) return false;
    const eye = this.stage.camera.getWorldPosition(new THREE.Vector3());
    let moved = false;
    for (const avatar of this.all.values()) {
      const blend = avatar.fresh ? 1 : 1 - Math.exp(-BLEND * delta);
      avatar.fresh = false;
      for (const part of [avatar.head, avatar.left, avatar.right]) moved = approach(part, blend) || moved;
      const { position } = avatar.head.object;
      const distance = position.distanceTo(eye);
      avatar.name.position.copy(position).setY(position.y + 0.3 + Math.min(distance, 60) * 0.012);
      // Whoever stands in somebody's place does not see them from within, but what they point at.
      const apart = avatar.head.goal !== null && distance > OWN_SPACE_M;
      moved ||= apart !== avatar.name.visible;
      avatar.name.visible = avatar.head.object.visible = apart;
      avatar.left.object.visible &&= apart;
    }
    return moved;
  }
}

function approach({ object, goal }: Part, blend: number): boolean {
  object.visible = goal !== null;
  if (!goal) return false;
  const position = new THREE.Vector3(...goal.position);
  const orientation = new THREE.Quaternion(...goal.orientation).normalize();
  const distance = object.position.distanceTo(position);
  const t = distance > JUMP_M ? 1 : blend;
  const moves = distance > SETTLED_M || object.quaternion.angleTo(orientation) > SETTLED_M;
  object.position.lerp(position, t);
  object.quaternion.slerp(orientation, t);
  return moves;
}

/** What a guide points at, seen by everybody: a thread of light. */
function makeBeam(): Thread {
  const geometry = new THREE.CylinderGeometry(0.004, 0.004, BEAM_M, 6, 1, true).translate(0, BEAM_M / 2, 0).rotateX(-Math.PI / 2);
  const material = new THREE.MeshBasicMaterial({ color: GOLD, transparent: true, opacity: 0.55, depthWrite: false, fog: false, toneMapped: false });
  return new THREE.Mesh(geometry, material);
}

/** An egg, a little narrower at the chin; about as large as a head. */
function headGeometry(): THREE.BufferGeometry {
  const geometry = new THREE.SphereGeometry(0.12, 32, 24);
  const position = geometry.getAttribute("position");
  for (let i = 0; i < position.count; i += 1) {
    const y = position.getY(i);
    const narrow = 1 - Math.max(0, -y / 0.12) * 0.18;
    position.setXYZ(i, position.getX(i) * 0.86 * narrow, y * 1.22, position.getZ(i) * narrow);
  }
  geometry.computeVertexNormals();
  return geometry;
}

/** Where somebody looks is seen from afar by the dark band before their eyes. */
function visorGeometry(): THREE.BufferGeometry {
  return new THREE.SphereGeometry(0.121, 32, 10, Math.PI * 1.14, Math.PI * 0.72, Math.PI * 0.4, Math.PI * 0.12).scale(0.9, 1.16, 1.03);
}
