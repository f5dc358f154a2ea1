import { describe, expect, it } from "vitest";
import { Attendance } from "../src/room/attendance";
import type { Lead, Peer, Pose } from "../src/stream/room";

const AHEAD = [0, 0, 0, 1] as const;
const at = (x: number): Pose => ({ head: { position: [x, 1.6, 0], orientation: AHEAD }, left: null, right: null });
const peer = (member: number): Peer => ({ member, ...at(member) });
const LEAD: Lead = { at: "-0430", hypothesis: null, certainty: "possible", tour: null, step: null, eye: null, gaze: null, note: "" };

function attending() {
  const said: (string | ArrayBuffer)[] = [];
  const peers: number[] = [];
  const left: number[] = [];
  const leads: string[] = [];
  let connected = true;
  const attendance = new Attendance({
    send: (message) => {
      if (connected) said.push(message);
      return connected;
    },
    changed: () => undefined,
    peers: (each) => peers.push(...each.map(({ member }) => member)),
    left: (members) => left.push(...members),
    lead: (lead) => leads.push(lead.at),
  });
  const enter = (guide: number | null = null): void =>
    attendance.hear({
      type: "room", room: "r", you: 7, guide, rate: 10,
      members: [{ m: 7, name: "Ada", role: "visitor" }, { m: 9, name: "Ben", role: "visitor" }],
    });
  return { attendance, said, peers, left, leads, enter, connect: (now: boolean) => (connected = now) };
}

describe("a visitor in a room", () => {
  it("says nothing of themselves before they joined, nor after they left", () => {
    const { attendance, said, enter } = attending();
    attendance.pose(at(1), 0);
    attendance.lead(LEAD, 0);
    expect(said).toEqual([]);
    attendance.join({ room: "r", name: "Ada", role: "visitor", key: "" });
    expect(JSON.parse(said[0] as string)).toEqual({ type: "join", room: "r", name: "Ada", role: "visitor" });
    attendance.pose(at(1), 1000); // asked, but not yet let in
    expect(said).toHaveLength(1);
    enter();
    attendance.pose(at(1), 2000);
    expect(said[1]).toBeInstanceOf(ArrayBuffer);
    attendance.leave();
    attendance.pose(at(2), 3000);
    expect(said.slice(2)).toEqual(['{"type":"leave"}']);
    attendance.connected();
    expect(said).toHaveLength(3);
  });

  it("says a pose where it is news, ten times a second at most", () => {
    const { attendance, said, enter } = attending();
    attendance.join({ room: "r", name: "Ada", role: "visitor", key: "" });
    enter();
    for (let ms = 0; ms < 1000; ms += 10) attendance.pose(at(ms), ms);
    expect(said.filter((each) => each instanceof ArrayBuffer)).toHaveLength(10);
    const before = said.length;
    for (let ms = 2000; ms < 3000; ms += 10) attendance.pose(at(5), ms);
    expect(said).toHaveLength(before + 1);
  });

  it("joins again on a new connection, and takes nobody for there until then", () => {
    const { attendance, said, left, peers, enter } = attending();
    attendance.join({ room: "r", name: "Ada", role: "visitor", key: "" });
    enter();
    attendance.lost();
    expect(left).toEqual([7, 9]);
    expect(attendance.inside).toBe(false);
    attendance.hearPeers([peer(9)]); // said once more by a session that goes on
    attendance.hear({ type: "room_change", joined: [{ m: 11, name: "Eve", role: "visitor" }], left: [], guide: null });
    expect([peers, attendance.members.size]).toEqual([[], 0]);
    attendance.connected();
    expect(said.at(-1)).toBe(said[0]);
  });

  it("shows no pose of strangers or of its own", () => {
    const { attendance, peers, enter } = attending();
    attendance.join({ room: "r", name: "Ada", role: "visitor", key: "" });
    enter();
    attendance.hearPeers([peer(7), peer(9), peer(500)]);
    expect(peers).toEqual([9]);
  });

  it("leads only as the guide, five times a second, and only what is new", () => {
    const { attendance, said, enter, leads } = attending();
    attendance.join({ room: "r", name: "Ada", role: "guide", key: "k" });
    enter(9);
    attendance.lead(LEAD, 0);
    expect(said).toHaveLength(1);
    attendance.hear({ type: "lead", m: 9, ...LEAD });
    expect(leads).toEqual(["-0430"]);
    attendance.hear({ type: "room_change", joined: [], left: [9], guide: 7 });
    for (let ms = 0; ms < 1000; ms += 50) attendance.lead({ ...LEAD, at: String(1000 + ms) }, ms);
    expect(said).toHaveLength(6);
    attendance.lead({ ...LEAD, at: "1950" }, 5000);
    attendance.lead({ ...LEAD, at: "1950" }, 6000);
    expect(said).toHaveLength(7);
  });

  it("that was refused is told why, and is not asked for again", () => {
    const { attendance, said } = attending();
    attendance.join({ room: "r", name: "\u202e", role: "visitor", key: "" });
    expect(attendance.refused("name: cannot be shown")).toBe(true);
    expect(attendance.refusal).toContain("cannot be shown");
    attendance.connected();
    expect(said).toHaveLength(1);
    expect(attendance.refused("another matter")).toBe(false);
  });
});
