/**
 * A stand-in for the service, for work on the pages without Python: serves the built pages under the real CSP, answers
 * their GraphQL with one small invented place, and speaks chronotope.v1 with boxes. Not shipped.
 *
 *     npm run build && npm run fixture        http://127.0.0.1:8900/exhibitions/boxes
 */

import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const PORT = Number(process.env.PORT ?? 8900);
const DIST = process.env.DIST ?? join(fileURLToPath(new URL(".", import.meta.url)), "..", "dist");

// ── a place ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const span = (text, label, se, sl, ee, el) => ({
  text, label, startEarliestYear: se, startLatestYear: sl, endEarliestYear: ee, endLatestYear: el,
});
const ALWAYS = span("../..", "always", null, null, null, null);
const epochs = [
  ["Timber shrine", "#7f8f5a", span("-0619~/-0549~", "c. 620 BC to c. 550 BC", -640, -600, -560, -540)],
  ["Stone temple", "#c99a4b", span("-0539~/-0429", "c. 540 BC to 430 BC", -560, -540, -429, -429)],
  ["Great temple", "#d9c08a", span("-0429/0390", "430 BC to 390 AD", -429, -429, 390, 390)],
  ["Church", "#8f6f9e", span("0391/0551", "391 to 551 AD", 391, 391, 551, 551)],
  ["Ruin", "#6f7b85", span("0551/1873", "551 to 1873", 551, 551, 1873, 1873)],
  ["Excavation", "#b0653f", span("1874/1911", "1874 to 1911", 1874, 1874, 1911, 1911)],
  ["Protected site", "#5d93a8", span("1912/..", "since 1912", 1912, 1912, null, null)],
].map(([title, colour, existence], i) => ({ id: `epoch_${i}`, title, description: "", colour, existence }));

const hypotheses = [
  { id: "hypothesis_a", title: "A ring of columns", author: "A. Doerr, 1931", argument: "Post holes at even distances on three sides.", confidence: 0.6, buildsOn: null, sources: [], contrastsWith: [{ id: "hypothesis_b", title: "A columned porch" }] },
  { id: "hypothesis_b", title: "A columned porch", author: "M. Laurent, 1987", argument: "The fourth side has none, and the roof tiles fell to the east only.", confidence: null, buildsOn: null, sources: [], contrastsWith: [{ id: "hypothesis_a", title: "A ring of columns" }] },
];

const placements = [];
const place = (id, title, existence, size, at, colour, more = {}) =>
  placements.push({ id: `placement_${id}`, title, existence, size, at, colour, hypothesis: null, reliability: "USVs", ...more });

place("ground", "Terrace and slope", ALWAYS, [160, 4, 160], [0, -4, 0], [0.62, 0.56, 0.42], { reliability: "US" });
place("shrine", "Timber shrine", epochs[0].existence, [7, 4, 5], [0, 0, 0], [0.42, 0.3, 0.2], { reliability: "USVn" });
place("cella", "Cella", span("", "c. 540 BC to 551 AD", -560, -540, 551, 551), [9, 7, 20], [0, 1, 0], [0.86, 0.8, 0.68]);
place("steps", "Stylobate", span("", "since c. 540 BC", -560, -540, null, null), [18, 1, 32], [0, 0, 0], [0.8, 0.76, 0.68], { reliability: "US" });
for (let i = 0; i < 13; i++) {
  for (const side of [-1, 1]) {
    place(`column_${i}_${side}`, `Column ${i + 1} ${side < 0 ? "west" : "east"}`, epochs[2].existence, [1.3, 8, 1.3],
      [side * 7.6, 1, -14 + (i * 28) / 12], [0.9, 0.86, 0.76], { hypothesis: side < 0 ? "hypothesis_a" : null });
  }
}
place("roof", "Roof", epochs[2].existence, [18, 1.6, 31], [0, 9, 0], [0.7, 0.36, 0.24]);
place("apse", "Apse", epochs[3].existence, [6, 5, 4], [0, 1, 13], [0.7, 0.5, 0.42]);
place("cover", "Protective roof", span("", "since 1998", 1998, 1998, null, null), [24, 0.5, 38], [0, 12, 0], [0.75, 0.78, 0.8], { reliability: "US" });

const annotations = [
  ["annotation_1", "Holes for posts", "<p>Twelve holes, <em>still to be seen</em> in the rock.</p>", [3, 4.5, 2.5], epochs[0].existence],
  ["annotation_2", "A dedication", "<p>Cut into the third step, by somebody called Philon.</p>", [9, 1.2, 6], epochs[2].existence],
  ["annotation_3", "The altar", "<p>Ash, bones and bronze were found here.</p>", [0, 1, 19], epochs[2].existence],
].map(([id, title, body, position, existence]) => ({
  id, title, position, existence, bodies: [{ text: body, language: "en" }], tags: [], sources: [], author: "E. Papadaki",
  anchor: { kind: "POINT", region: [], placement: null, surface: null },
}));

const viewpoint = { position: [34, 15, 44], target: [0, 4, 0] };
const tours = [{ id: "tour_1", title: "Five minutes", description: "", steps: [
  { title: "Wood first", text: "Before any stone there was timber.", viewpoint: { position: [14, 6, 18], target: [0, 2, 0] }, moment: "-0600", hypothesis: null },
  { title: "Then stone", text: "A century later the town could afford marble.", viewpoint: { position: [-30, 12, 34], target: [0, 4, 0] }, moment: "-0300", hypothesis: null },
  { title: "And now", text: "A light roof keeps the rain off.", viewpoint, moment: "2020", hypothesis: null },
].map((step) => ({ ...step, audio: null })) }];
const articles = [{ id: "article_1", title: "Why boxes" }];

const scene = { id: "scene_boxes", title: "A sanctuary of boxes", description: "Invented.", defaultMoment: "-0350", viewpoint, defaultHypothesis: { id: "hypothesis_a" }, layers: [{ id: "layer_1", title: "Buildings" }], epochs, hypotheses, annotations, articles, tours };

// ── GLBs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function glb([w, h, d], colour) {
  const faces = [[0, 1], [0, -1], [1, 1], [1, -1], [2, 1], [2, -1]];
  const positions = [], normals = [], indices = [];
  for (const [axis, sign] of faces) {
    const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    for (const [a, b] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
      const point = [0, 0, 0], normal = [0, 0, 0];
      point[axis] = sign; point[u] = a * sign; point[v] = b; normal[axis] = sign;
      positions.push((point[0] * w) / 2, ((point[1] + 1) * h) / 2, (point[2] * d) / 2);
      normals.push(...normal);
    }
    const base = positions.length / 3 - 4;
    indices.push(base, base + 1, base + 2, base, base + 2, base + 3);
  }
  const bin = Buffer.concat([Buffer.from(new Float32Array(positions).buffer), Buffer.from(new Float32Array(normals).buffer), Buffer.from(new Uint16Array(indices).buffer)]);
  const json = Buffer.from(JSON.stringify({
    asset: { version: "2.0" }, scene: 0, scenes: [{ nodes: [0] }], nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, NORMAL: 1 }, indices: 2, material: 0 }] }],
    materials: [{ pbrMetallicRoughness: { baseColorFactor: [...colour, 1], metallicFactor: 0, roughnessFactor: 0.9 } }],
    buffers: [{ byteLength: bin.length }],
    bufferViews: [{ buffer: 0, byteOffset: 0, byteLength: 288 }, { buffer: 0, byteOffset: 288, byteLength: 288 }, { buffer: 0, byteOffset: 576, byteLength: 72 }],
    accessors: [
      { bufferView: 0, componentType: 5126, count: 24, type: "VEC3", min: [-w / 2, 0, -d / 2], max: [w / 2, h, d / 2] },
      { bufferView: 1, componentType: 5126, count: 24, type: "VEC3" },
      { bufferView: 2, componentType: 5123, count: 36, type: "SCALAR" },
    ],
  }).padEnd(4));
  const padded = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, 0x20)]);
  const head = Buffer.alloc(12), jsonHead = Buffer.alloc(8), binHead = Buffer.alloc(8);
  head.write("glTF"); head.writeUInt32LE(2, 4); head.writeUInt32LE(12 + 8 + padded.length + 8 + bin.length, 8);
  jsonHead.writeUInt32LE(padded.length); jsonHead.write("JSON", 4);
  binHead.writeUInt32LE(bin.length); binHead.write("BIN\0", 4, "latin1");
  return Buffer.concat([head, jsonHead, padded, binHead, bin]);
}

const files = new Map(); // digest -> { chunk, bytes }
placements.forEach((placement, n) => {
  const bytes = glb(placement.size, placement.colour);
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (!files.has(digest)) files.set(digest, { chunk: files.size + 1, bytes });
  Object.assign(placement, { n, digest, transform: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, ...placement.at, 1] });
});

function standing(at, hypothesis, certainty) {
  const year = Number(/^Y?(-?\d+)/.exec(at)?.[1] ?? NaN);
  if (Number.isNaN(year)) return null;
  return placements.flatMap((placement) => {
    const { startEarliestYear: se, startLatestYear: sl, endEarliestYear: ee, endLatestYear: el } = placement.existence;
    if ((se !== null && year < se) || (el !== null && year > el)) return [];
    if (placement.hypothesis && placement.hypothesis !== (hypothesis ?? "hypothesis_a")) return [];
    const sure = (sl === null || sl <= year) && (ee === null || year <= ee);
    return sure || certainty === "possible" ? [{ placement, certainty: sure ? "certain" : "possible" }] : [];
  });
}

// ── doors ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const page = (items) => ({ pageInfo: { hasNextPage: false, endCursor: null }, edges: items.map((node) => ({ node })) });
const shownPlacements = placements.map(({ id, title, existence, hypothesis, reliability, transform, size: [w, h, d] }) => ({
  id, title, existence, reliability, transform, reason: "Foundations and fallen blocks in place.", sources: ["Doerr 1931, pl. 4"],
  hypothesis: hypothesis && { id: hypothesis }, layer: { id: "layer_1", title: "Buildings" },
  asset: { id: "asset_1", title: "Boxes", rights: "https://creativecommons.org/publicdomain/zero/1.0/", attribution: "Chronotope", tileset: { triangles: 12, extent: { low: [-w / 2, 0, -d / 2], high: [w / 2, h, d / 2] } } },
}));

function thing(id) {
  const days = { startEarliestDay: null, startLatestDay: null, endEarliestDay: null, endLatestDay: null };
  const { existence } = placements.find((placement) => placement.id === id);
  const said = { number: 1, at: "2026-04-06T09:30:00Z", author: "Fixture", reason: "invented" };
  return {
    existence: days, narrowed: { ...existence, ...days }, startEarliest: [], startLatest: [], endEarliest: [], endLatest: [],
    citations: [{ text: "Doerr 1931", uri: "", pages: "pl. 4" }], period: null, generated: null, changeEvents: [],
    statements: { nodes: [] }, history: [said], asset: { identity: null, status: [], history: [said], report: [] },
  };
}

function answer({ query, variables }) {
  const exhibition = { id: "exhibition_1", slug: "boxes", title: "The sanctuary on the hill", description: "Twenty-six centuries of one small place, from a hut of posts to a roof of steel.", scene: { ...scene, placements: page(shownPlacements) } };
  if (query.includes("exhibitions(")) return { exhibitions: page([exhibition]) };
  if (query.includes("exhibition(")) return { exhibition: variables.slug === "boxes" ? exhibition : null };
  if (query.includes("at(time")) {
    return { node: { at: { placements: (standing(variables.time, variables.hypothesis, "possible") ?? []).map(({ placement, certainty }) => ({ placement: { id: placement.id }, certainty, reason: "By its dates." })) } } };
  }
  if (query.startsWith("query Thing")) return { node: thing(variables.id) };
  if (query.startsWith("query People")) return { node: { persons: page([]), families: page([]) } };
  if (query.startsWith("query Article")) {
    return { node: { ...articles[0], bodies: [{ text: "<p>Because they are soon made.</p>", language: "en" }], existence: null, author: "Fixture", sources: [], pictures: [] } };
  }
  if (query.includes("scenes(")) return { scenes: { nodes: [{ id: scene.id, title: scene.title }] } };
  if (query.includes("me {")) return { me: { name: "Fixture", role: "CURATOR" } };
  return { assets: page([]) };
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://x");
  if (pathname === "/graphql") {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data: answer(JSON.parse(body)) }));
    });
    return;
  }
  const name = pathname === "/" ? "index.html" : pathname === "/studio" ? "studio.html" : pathname.startsWith("/exhibitions/") ? "exhibition.html" : normalize(pathname.replace(/^\/web\//, ""));
  const path = join(DIST, name);
  if (!path.startsWith(DIST) || !existsSync(path) || !statSync(path).isFile()) {
    response.statusCode = 404;
    response.end();
    return;
  }
  const { host } = request.headers;
  response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
  response.setHeader("content-security-policy", `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self' blob: ws://${host} wss://${host}`);
  createReadStream(path).pipe(response);
});

let greeted = 0;
const sockets = new WebSocketServer({ server, path: "/stream", handleProtocols: (offered) => (offered.has("chronotope.v1") ? "chronotope.v1" : false) });
sockets.on("connection", (socket, request) => {
  const { searchParams } = new URL(request.url, "http://x");
  const sent = new Set(), held = new Set(), said = new Set();
  let stateNumber = 0, cut = 0, look = 0, before = new Map(), drawn = new Set();
  const show = (at, hypothesis, certainty, seek) => {
    const now = standing(at, hypothesis, certainty);
    if (now === null) return socket.send(JSON.stringify({ type: "error", code: "BAD_EDTF", message: `'${at}' is not EDTF`, seek }));
    const next = new Map(now.map((one) => [one.placement.n, one]));
    const changed = now.filter(({ placement, certainty }) => before.get(placement.n)?.certainty !== certainty);
    stateNumber += 1;
    socket.send(JSON.stringify({
      type: "state", state: stateNumber, seek, at, label: at, hypothesis: hypothesis ?? "hypothesis_a", certainty,
      placements: changed.map(({ placement: { n, id, title, transform, reliability }, certainty }) => ({ n, id, asset: "asset_1", title, transform, certainty, reliability })),
      gone: [...before.keys()].filter((n) => !next.has(n)),
    }));
    before = next;
    const unsaid = now.filter(({ placement }) => !said.has(placement.n));
    for (const { placement } of unsaid) said.add(placement.n);
    const nodes = Buffer.alloc(4 + unsaid.length * 12);
    nodes[0] = 0x10;
    nodes.writeUInt16LE(unsaid.length, 2);
    unsaid.forEach(({ placement }, i) => {
      nodes.writeUInt32LE(placement.n + 1, 4 + i * 12);
      nodes.writeUInt32LE(placement.n, 8 + i * 12);
      nodes.writeUInt32LE(files.get(placement.digest).chunk, 12 + i * 12);
    });
    socket.send(nodes);
    for (const { placement } of now) {
      if (sent.has(placement.digest)) continue;
      sent.add(placement.digest);
      const { chunk, bytes } = files.get(placement.digest);
      const have = held.has(placement.digest.slice(0, 16));
      const head = Buffer.alloc(52);
      head.set([0x11, 1, 0, have ? 7 : 3]);
      head.writeUInt32LE(chunk, 4);
      head.writeUInt32LE(bytes.length, 8);
      head.write(placement.digest, 16, "hex");
      head.writeUInt32LE(bytes.length, 48);
      socket.send(have ? head : Buffer.concat([head, bytes]));
    }
    sendCut(now);
  };
  const sendCut = (now) => {
    const nodes = new Set(now.map(({ placement }) => placement.n + 1));
    const gone = [...drawn].filter((node) => !nodes.has(node));
    const shown = [...nodes].filter((node) => !drawn.has(node));
    drawn = nodes;
    socket.send(Buffer.from(new Uint32Array([0x112, ++cut, stateNumber, look, gone.length, shown.length, ...gone, ...shown.flatMap((node) => [node, 0])]).buffer));
  };
  socket.on("message", (data, binary) => {
    if (binary) {
      if (data[0] === 0x03) for (let at = 8; at < data.length; at += 8) held.add(data.toString("hex", at, at + 8));
      if (data[0] !== 0x01) return;
      look = data.readUInt32LE(4);
      sendCut([...before.values()]);
      return;
    }
    const message = JSON.parse(data.toString());
    if (message.type === "seek") show(message.at, message.hypothesis, message.certainty, message.seek);
  });
  socket.send(JSON.stringify({ type: "hello", version: 1, session: "fixture", scene: scene.id, title: scene.title, window: 163840, max_frame: 65536, resume: `fixture-${++greeted}`, resumed: false, budget: { bytes: 2 ** 28, triangles: 3e6, draws: 500, textures: 2 ** 30 }, stall_s: 20, resume_s: 60 }));
  // HAVE comes at once, before any file is to be sent.
  setTimeout(() => show(searchParams.get("at") ?? scene.defaultMoment, searchParams.get("hypothesis"), searchParams.get("certainty") ?? "possible", 0), Number(searchParams.get("held") ?? 0) ? 100 : 0);
});

server.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/exhibitions/boxes`));
