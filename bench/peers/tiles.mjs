// `node tiles.mjs SHEET OUT`: 3d-tiles-renderer as it stands, without a screen. Its own traversal, queues and cache run at
// 72 frames a second; files come over real HTTP. Only the making of meshes is left out, as it is for every contender:
// a tile is ready once its file and the images that it names are here. Writes what became visible, and when.
import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Group, PerspectiveCamera, Quaternion } from 'three';
import { fetcher, frames, imagesOf, remembering } from './fetching.mjs';

globalThis.window = { location: { href: 'http://localhost/' } };
console.warn = () => {}; // it says of every document that 1.1 is new
const { TilesRenderer } = await import('3d-tiles-renderer');

const [, , sheetPath, outPath] = process.argv;
const sheet = JSON.parse(readFileSync(sheetPath, 'utf8'));
const QUIET_FRAMES = 36;

const camera = new PerspectiveCamera((sheet.fov * 180) / Math.PI, sheet.width / sheet.height, 0.05, 1e5);
function look({ eye, gaze }) {
  camera.position.set(...eye);
  camera.quaternion.copy(new Quaternion(...gaze));
  camera.updateMatrixWorld(true);
  camera.updateProjectionMatrix();
}

const log = [];
const marks = [];
const began = performance.now();
const now = () => (performance.now() - began) / 1000;
const plain = fetcher(sheet.base, sheet.http);
const files = sheet.cache ? remembering(plain) : plain;

class Reading {
  async fetchData(url, options) {
    const body = await files.get(new URL(url).pathname, options?.signal);
    if (url.endsWith('.json')) return JSON.parse(body.toString());
    return body;
  }

  async parseTile(body, tile, _extension, url) {
    const folder = new URL(url).pathname.replace(/[^/]*$/, '');
    await Promise.all(imagesOf(body).map((name) => images.get(folder + name)));
    Object.assign(tile.engineData, { scene: new Group(), materials: [], geometry: [], textures: [], metadata: null });
  }
}
const images = remembering(plain);

let step = 0;
let tiles;
let placements = new Map();
let changes = new Map();
let quiet = 0;
let hasTurned = !sheet.turn;

function keyOf(tile) {
  let top = tile;
  while (top && !placements.has(top)) top = top.parent;
  const name = tile.content.uri.replace(/.*\//, '').replace('.glb', '');
  return [placements.get(top), name];
}

function open() {
  changes = new Map();
  placements = new Map();
  tiles = new TilesRenderer(sheet.base + sheet.documents[step]);
  tiles.registerPlugin(new Reading());
  tiles.errorTarget = sheet.error;
  if (sheet.tuned) {
    tiles.loadAncestors = false;
    tiles.loadSiblings = false;
  }
  tiles.setCamera(camera);
  tiles.setResolution(camera, sheet.width, sheet.height);
  tiles.group.rotation.x = -Math.PI / 2; // 3D Tiles is z-up
  tiles.group.updateMatrixWorld(true);
  tiles.addEventListener('load-root-tileset', ({ tileset }) => {
    tileset.root.children.forEach((child, at) => placements.set(child, sheet.placements[step][at]));
  });
  tiles.addEventListener('tile-visibility-change', ({ tile, visible }) => {
    if (tile.content?.uri?.endsWith('.glb')) changes.set(tile, visible);
  });
}

look(sheet);
open();
const stop = frames(72, () => {
  tiles.update();
  if (changes.size) {
    const entry = { t: now(), shown: [], hidden: [] };
    for (const [tile, visible] of changes) entry[visible ? 'shown' : 'hidden'].push(keyOf(tile));
    log.push(entry);
    changes.clear();
    quiet = 0;
  }
  if (!hasTurned && plain.received() >= sheet.turn.after_bytes) {
    hasTurned = true;
    marks.push({ t: now(), what: 'turn' });
    look(sheet.turn);
  }
  const { queued, downloading, parsing } = tiles.stats;
  quiet = tiles.root && queued + downloading + parsing === 0 && hasTurned ? quiet + 1 : 0;
  if (quiet < QUIET_FRAMES) return;
  if (step + 1 < sheet.documents.length) {
    const hidden = [...tiles.visibleTiles].filter((tile) => tile.content?.uri?.endsWith('.glb')).map(keyOf);
    marks.push({ t: now(), what: 'seek', received: plain.received() });
    log.push({ t: now(), shown: [], hidden });
    tiles.dispose();
    step += 1;
    quiet = 0;
    open();
    return;
  }
  stop();
  files.close();
  if (tiles.stats.failed) throw new Error(`${tiles.stats.failed} tiles failed`);
  writeFileSync(outPath, JSON.stringify({ frames: true, received: plain.received(), log, marks }));
});
