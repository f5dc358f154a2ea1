// `node ordered.mjs SHEET OUT`: a pull client that is given what our server works out: which files, in which order, and
// the cuts that they make (tiles in part, too). It asks for them in that order over one HTTP/2 connection, always for
// `window` bytes more than have come, and draws the newest cut whose files, and those of the cuts before it, are here.
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
let nextCut = 0;

function draw() {
  const before = nextCut;
  while (nextCut < sheet.cuts.length && sheet.cuts[nextCut].files.every((file) => have.has(file))) nextCut += 1;
  for (const { shown, hidden } of sheet.cuts.slice(before, nextCut)) log.push({ t: now(), shown, hidden });
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
