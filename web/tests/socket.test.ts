import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StreamSocket } from "../src/stream/socket";
import type { Link } from "../src/stream/socket";

const HELLO = {
  type: "hello",
  version: 1,
  session: "s",
  scene: "scene_1",
  title: "",
  window: 1,
  resume: "token",
  resumed: false,
  budget: { bytes: 1, triangles: 1, draws: 1, textures: 1 },
};

/** One end of a connection, played by hand. */
class Line {
  readyState = 0;
  binaryType = "";
  onopen: (() => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;
  onmessage: ((message: { data: string | ArrayBuffer }) => void) | null = null;
  readonly said: (string | ArrayBuffer)[] = [];
  closedWith: number | null | undefined = null;

  constructor(readonly query: URLSearchParams) {}

  send(data: string | ArrayBuffer): void {
    this.said.push(data);
  }

  close(code?: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  says(data: string | ArrayBuffer): void {
    this.onmessage?.({ data });
  }

  greets(more: object = {}): void {
    this.says(JSON.stringify({ ...HELLO, ...more }));
  }

  breaks(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /** First bytes of the binary messages, types of the texts. */
  get kinds(): (number | string)[] {
    return this.said.map((data) => (typeof data === "string" ? (JSON.parse(data) as { type: string }).type : new Uint8Array(data)[0]!));
  }
}

const LOOK = {
  eye: [0, 0, 0],
  orientation: [0, 0, 0, 1],
  fov: 1,
  aspect: 1,
  height: 100,
  velocity: [0, 0, 0],
  turning: [0, 0, 0],
  sight: [0, 0],
} as const;
const HELD = ["ab".repeat(32), "cd".repeat(32)];
const PIECE = new Uint8Array([0x11, 1, 0, 1, ...[5, 3, 0].flatMap((n) => [n, 0, 0, 0]), ...new Array<number>(32).fill(0xcd), 3, 0, 0, 0, 1]).buffer;

function visit(held: string[] = []) {
  const lines: Line[] = [];
  const links: Link[] = [];
  const socket = new StreamSocket(
    "https://museum.example/exhibitions/x",
    {
      opening: () => ({ scene: "scene_1", seek: { at: "-0430" }, view: LOOK, profile: "phone", budget: { draws: 80 } }),
      held: () => held,
      event: () => undefined,
      link: (link) => links.push(link),
    },
    (url) => {
      const line = new Line(new URL(url).searchParams);
      lines.push(line);
      return line as unknown as WebSocket;
    },
  );
  socket.start();
  return { socket, lines, links };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

describe("the wire under a session", () => {
  it("opens with the moment, the pose, the device and what this viewer can do", () => {
    const { lines } = visit();
    const said = Object.fromEntries(lines[0]!.query);
    expect(said).toMatchObject({ scene: "scene_1", at: "-0430", eye: "0,0,0", size: "100x100", profile: "phone", draws: "80" });
    expect(said).toMatchObject({ groups: "1", encodings: "gzip,br" });
    for (const name of ["held", "resume", "received", "stats", "bytes"]) expect(said).not.toHaveProperty(name);
  });

  it("names what is held as soon as it is open, and speaks once it is greeted", () => {
    const { socket, lines, links } = visit(HELD);
    const [line] = lines as [Line];
    expect(line.query.get("held")).toBe("2");
    line.opens();
    expect(line.kinds).toEqual([3]);
    expect(socket.look(LOOK)).toBe(0);
    line.greets();
    expect(links.map((link) => link.state)).toEqual(["connecting", "open"]);
    expect(socket.look(LOOK)).toBe(1);
    expect(line.kinds).toEqual([3, 1]);
  });

  it("acknowledges tiles at once, but no oftener than every 5 ms, and other words at leisure", () => {
    const { lines } = visit();
    const [line] = lines as [Line];
    line.opens();
    vi.advanceTimersByTime(1000);
    line.greets();
    expect(line.kinds).toEqual([2]);
    line.says(PIECE);
    expect(line.kinds).toEqual([2]);
    vi.advanceTimersByTime(5);
    expect(line.kinds).toEqual([2, 2]);
    line.says(JSON.stringify({ type: "error", code: "X", message: "" }));
    vi.advanceTimersByTime(400);
    expect(line.kinds).toEqual([2, 2]);
    vi.advanceTimersByTime(100);
    expect(line.kinds).toEqual([2, 2, 2]);
  });

  it("goes on with the session after a break, and repeats nothing to the server", () => {
    const { socket, lines, links } = visit(HELD);
    lines[0]!.opens();
    lines[0]!.greets();
    lines[0]!.says(PIECE);
    lines[0]!.breaks();
    expect(socket.look(LOOK)).toBe(0);
    vi.advanceTimersByTime(100);
    const line = lines[1]!;
    expect([line.query.get("resume"), line.query.get("received")]).toEqual(["token", "2"]);
    line.opens();
    expect(line.said).toEqual([]);
    line.greets({ resumed: true });
    expect(links.at(-1)).toEqual({ state: "open", resumed: true });
    vi.advanceTimersByTime(10);
    expect(line.kinds).toEqual([2]);
    expect([socket.resumptions, socket.connections]).toEqual([1, 2]);
    expect(socket.chunkBytes).toBe(PIECE.byteLength);
  });

  it("names what is held when the server could not go on", () => {
    const { socket, lines, links } = visit(HELD);
    lines[0]!.opens();
    lines[0]!.greets();
    lines[0]!.says(PIECE);
    lines[0]!.breaks();
    vi.advanceTimersByTime(100);
    lines[1]!.opens();
    lines[1]!.greets({ resume: "another" });
    expect(lines[1]!.kinds).toContain(3);
    expect(links.at(-1)).toEqual({ state: "open", resumed: false });
    expect([socket.resumptions, socket.chunkBytes]).toEqual([0, PIECE.byteLength]);
    lines[1]!.breaks();
    vi.advanceTimersByTime(100);
    expect(lines[2]!.query.get("resume")).toBe("another");
  });

  it("waits longer from time to time, and not at all once the machine is online again", () => {
    const { socket, lines, links } = visit();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      lines.at(-1)!.breaks();
      const link = links.at(-1)!;
      if (link.state === "waiting") waits.push(link.seconds);
      vi.advanceTimersByTime(waits.at(-1)! * 1000);
    }
    expect(waits).toEqual([0.1, 0.5, 1, 2, 4, 8, 15, 15]);
    lines.at(-1)!.breaks();
    const count = lines.length;
    socket.hurry();
    expect(lines).toHaveLength(count + 1);
    socket.hurry();
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(count + 1);
  });

  it("tells a server that breaks the protocol, and begins anew", () => {
    const { lines } = visit();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    lines[0]!.opens();
    lines[0]!.greets();
    lines[0]!.says(new Uint8Array([0x42]).buffer);
    expect(lines[0]!.closedWith).toBe(4400);
    vi.advanceTimersByTime(100);
    expect(lines[1]!.query.has("resume")).toBe(false);
  });

  it("waits longer from time to time for a server that greets and cannot be understood", () => {
    const { lines, links } = visit();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      lines.at(-1)!.opens();
      lines.at(-1)!.greets();
      lines.at(-1)!.says(new Uint8Array([0x42]).buffer);
      const link = links.at(-1)!;
      if (link.state === "waiting") waits.push(link.seconds);
      vi.advanceTimersByTime(waits.at(-1)! * 1000);
    }
    expect(waits).toEqual([0.1, 0.5, 1, 2]);
  });

  it.each([4400, 4401, 4403, 4404, 4406, 4422])("ends when the server says no with %d", (code) => {
    const { lines, links } = visit();
    lines[0]!.breaks(code);
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(1);
    expect(links.at(-1)).toMatchObject({ state: "ended", code });
  });

  it.each([
    ["pauses", (socket: StreamSocket) => (socket.pause(), socket.start())],
    ["restarts", (socket: StreamSocket) => socket.restart()],
  ])("begins a new session when it %s", (_, act) => {
    const { socket, lines } = visit(HELD);
    lines[0]!.opens();
    lines[0]!.greets();
    act(socket);
    expect(lines).toHaveLength(2);
    expect([lines[1]!.query.has("resume"), lines[1]!.query.get("held")]).toEqual([false, "2"]);
    lines[0]!.breaks();
    lines[0]!.greets();
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(2);
  });

  it("does not fight with somebody who goes on in its place", () => {
    const { lines } = visit();
    lines[0]!.opens();
    lines[0]!.greets();
    lines[0]!.breaks(4410);
    vi.advanceTimersByTime(100);
    expect(lines[1]!.query.has("resume")).toBe(false);
  });
});
