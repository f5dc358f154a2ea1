/** The shared vectors of the protocol (docs/protocol.md, "Vectors"): the server's own tests read the same files. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FrameError, encodeAck, encodeHave, encodeLook, hex, parseFrame } from "../src/stream/frames";
import type { Look, ServerFrame } from "../src/stream/frames";
import { encodePose, readPeers, readRoom } from "../src/stream/room";
import type { Pose } from "../src/stream/room";
import { parseText } from "../src/stream/texts";

interface Vector {
  name: string;
  kind: string;
  hex?: string;
  text?: string;
  fields: Record<string, unknown>;
}

interface Malformed {
  name: string;
  sends: "client" | "server" | "either";
  hex?: string;
  text?: string;
  zeros?: number;
  close: number;
}

function read<T>(file: string): T[] {
  const { protocol, vectors } = JSON.parse(readFileSync(new URL(`../../tests/vectors/stream/${file}.json`, import.meta.url), "utf8")) as {
    protocol: string;
    vectors: T[];
  };
  expect(protocol).toBe("chronotope.v1");
  return vectors;
}

function bytes(digits: string, zeros = 0): ArrayBuffer {
  const data = new Uint8Array(digits.length / 2 + zeros);
  for (let i = 0; i < digits.length; i += 2) data[i / 2] = parseInt(digits.slice(i, i + 2), 16);
  return data.buffer;
}

const CONTENTS = ["", "glb", "webp", "jpeg", "png"];
const ENCODINGS = ["identity", "gzip", "br"];

/** A binary message by the names of the page. */
function fields(frame: ServerFrame): Record<string, unknown> {
  switch (frame.kind) {
    case 0x10:
      return { nodes: frame.nodes };
    case 0x11: {
      const { content, encoding, first, last, held, chunk, total, offset, digest, length, payload } = frame;
      const head = first ? { digest, decoded: length } : {};
      return {
        ...{ content: CONTENTS.indexOf(content), encoding: ENCODINGS.indexOf(encoding) },
        ...{ first, last, held, chunk, total, offset, ...head, payload: hex(payload) },
      };
    }
    case 0x12: {
      const { cut, state, look, complete } = frame;
      const shown = [...frame.shown].map((node, i) => ({ node, hidden: frame.hidden[i] }));
      return { cut, state, look, complete, gone: [...frame.gone], shown };
    }
    case 0x13:
      return { chunks: [...frame.chunks] };
    case 0x14:
      return { messages: frame.messages.map(fields) };
    case 0x15:
      // Hands that are not tracked are not there.
      return { members: readPeers(frame.data).map((peer) => Object.fromEntries(Object.entries(peer).filter(([, part]) => part !== null))) };
    case 0x16:
      return { state: frame.state, placements: frame.placements };
  }
}

const SERVER = read<Vector>("server");
const CLIENT = read<Vector>("client");
const MALFORMED = read<Malformed>("malformed").filter(({ sends }) => sends !== "client");

describe("vectors of the server", () => {
  it("are there for every kind and type", () => {
    const kinds = new Set(SERVER.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["CHUNK", "CUT", "EVICT", "NODES", "PACK", "PEERS", "PLACEMENTS", "error", "hello", "lead", "room", "room_change", "state", "stats"]);
    expect(MALFORMED.length).toBeGreaterThan(30);
  });

  it.each(SERVER.filter((vector) => vector.hex !== undefined))("$kind: $name", (vector) => {
    const expected =
      vector.kind === "PACK"
        ? { messages: (vector.fields["messages"] as string[]).map((message) => fields(parseFrame(bytes(message)))) }
        : vector.fields;
    expect(fields(parseFrame(bytes(vector.hex!)))).toEqual(expected);
  });

  it.each(SERVER.filter((vector) => vector.text !== undefined))("$kind: $name", (vector) => {
    const parsed = parseText(vector.text!);
    const { type, ...members } = (parsed.type === "room" ? readRoom(parsed.message) : parsed) as unknown as Record<string, unknown>;
    expect(type).toBe(vector.kind);
    // What the viewer doesn't use it doesn't keep; what it keeps is as it was said.
    if (members["seek"] === null) delete members["seek"];
    expect(vector.fields).toMatchObject(members);
    expect(Object.keys(members).length).toBeGreaterThan(1);
  });

  it.each(MALFORMED)("refused: $name", ({ hex: digits, text, zeros }) => {
    const act = (): void => {
      if (text === undefined) {
        const frame = parseFrame(bytes(digits!, zeros));
        if (frame.kind === 0x15) readPeers(frame.data);
      } else {
        const parsed = parseText(text);
        if (parsed.type === "room") readRoom(parsed.message);
      }
    };
    expect(act).toThrow(FrameError);
  });
});

describe("vectors of the client", () => {
  const binary: Record<string, (fields: Record<string, unknown>) => ArrayBuffer> = {
    LOOK: ({ gaze, ...rest }) => encodeLook({ ...(rest as unknown as Look), orientation: gaze as Look["orientation"] }),
    ACK: ({ messages, bytes: count }) => encodeAck(messages as number, count as number),
    POSE: ({ head, left, right }) => encodePose({ head, left: left ?? null, right: right ?? null } as Pose),
    HAVE: ({ prefixes }) => encodeHave((prefixes as string[]).map((prefix) => prefix.padEnd(64, "0")))[0] ?? bytes("0300000000000000"),
  };

  it.each(CLIENT.filter((vector) => vector.hex !== undefined))("$kind: $name", (vector) => {
    expect(hex(new Uint8Array(binary[vector.kind]!(vector.fields)))).toBe(vector.hex);
  });
});
