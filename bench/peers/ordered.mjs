// `node ordered.mjs SHEET OUT`: a pull client that is given what our server works out: which files, in which order. It
// asks for them in that order over one HTTP/2 connection, always for `window` bytes more than have come, and draws each
// as soon as it is here, with the part of the tile above that it stands for hidden.
import { readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fetcher } from './fetching.mjs';

const [, , sheetPath, outPath] = process.argv;
const sheet = JSON.parse(readFileSync(sheetPath, 'utf8'));
const log = [];
const began = performance.now();
const now = () => (performance.now() - began) / 1000;
const files = fetcher(sheet.base, sheet.http);
const have = new Set();
let outstanding = 0;
let next = 0;

function draw() {
  const shown = sheet.tiles.filter((tile) => !tile.isDrawn && tile.files.every((file) => have.has(file)));
  if (!shown.length) return;
  for (const tile of shown) tile.isDrawn = true;
  log.push({ t: now(), shown: shown.map((tile) => tile.key) });
}

async function ask({ path, bytes }) {
  outstanding += bytes;
  await files.get(path);
  outstanding -= bytes;
  have.add(path);
  draw();
  go();
  if (have.size === sheet.order.length) {
    files.close();
    writeFileSync(outPath, JSON.stringify({ frames: false, received: files.received(), log, marks: [] }));
  }
}

function go() {
  while (next < sheet.order.length && (outstanding === 0 || outstanding < sheet.window)) {
    ask(sheet.order[next]).catch((wrong) => {
      console.error(wrong);
      process.exit(1);
    });
    next += 1;
  }
}

go();
