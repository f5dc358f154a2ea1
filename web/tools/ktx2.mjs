// Encodes images as KTX2 until its input ends. In: a line of JSON {width, height, ...options of ktx2-encoder}, then
// width × height × 4 bytes of RGBA. Out: a line {length} and as many bytes, or a line {error}. See pipeline/ktx.py.
import { encodeToKTX2 } from "ktx2-encoder";

// The encoder talks about itself; the output is ours.
console.log = console.error;

const NEWLINE = 10;
let waiting = Buffer.alloc(0);
const input = process.stdin[Symbol.asyncIterator]();

async function more() {
  const { value, done } = await input.next();
  if (!done) waiting = waiting.length ? Buffer.concat([waiting, value]) : value;
  return !done;
}

async function line() {
  while (!waiting.includes(NEWLINE)) if (!(await more())) return null;
  const end = waiting.indexOf(NEWLINE);
  const text = waiting.subarray(0, end).toString();
  waiting = waiting.subarray(end + 1);
  return text;
}

async function bytes(length) {
  const parts = [];
  let left = length;
  while (left > 0) {
    if (!waiting.length && !(await more())) return null;
    parts.push(waiting.subarray(0, left));
    left -= parts.at(-1).length;
    waiting = waiting.subarray(parts.at(-1).length);
  }
  return Buffer.concat(parts, length);
}

for (let head = await line(); head !== null; head = await line()) {
  const { width, height, ...options } = JSON.parse(head);
  const data = await bytes(width * height * 4);
  if (data === null) break;
  try {
    const found = await encodeToKTX2(data, { ...options, imageDecoder: async () => ({ width, height, data }) });
    process.stdout.write(`${JSON.stringify({ length: found.length })}\n`);
    process.stdout.write(found);
  } catch (problem) {
    process.stdout.write(`${JSON.stringify({ error: String(problem) })}\n`);
  }
}
