// Files over HTTP as a browser gets them: HTTP/1.1 over six connections, or HTTP/2 over one. Node's own modules, because
// its fetch opens as many connections as there are requests. Windows of HTTP/2 are Chromium's (6 MB a stream, 15 MB).
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';

const CONNECTIONS = 6;
const STREAM_WINDOW = 6 << 20;
const SESSION_WINDOW = 15 << 20;

/** `get(path, signal)` resolves to a Buffer; `received()` counts bytes of bodies as they come. */
export function fetcher(base, version) {
  const isSecure = base.startsWith('https:');
  let received = 0;
  let session = null;
  const agent = new (isSecure ? https : http).Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS,
    rejectUnauthorized: false,
  });

  function collect(stream, signal, codingOf, resolve, reject) {
    const parts = [];
    stream.on('data', (part) => {
      received += part.length;
      parts.push(part);
    });
    stream.on('end', () => {
      const body = Buffer.concat(parts);
      resolve(codingOf() === 'gzip' ? gunzipSync(body) : body);
    });
    stream.on('error', reject);
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  }

  function byHttp1(path, signal) {
    return new Promise((resolve, reject) => {
      const options = { agent, rejectUnauthorized: false, headers: { 'accept-encoding': 'gzip' } };
      const request = (isSecure ? https : http).get(base + path, options, (answer) => {
        if (answer.statusCode !== 200) {
          answer.resume();
          reject(new Error(`${path}: ${answer.statusCode}`));
          return;
        }
        collect(answer, signal, () => answer.headers['content-encoding'], resolve, reject);
      });
      request.on('error', reject);
      signal?.addEventListener('abort', () => request.destroy());
    });
  }

  function opened() {
    if (session) return session;
    session = http2.connect(base, {
      rejectUnauthorized: false,
      settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
    });
    session.on('connect', () => session.setLocalWindowSize(SESSION_WINDOW));
    session.on('error', (wrong) => console.error(String(wrong)));
    return session;
  }

  function byHttp2(path, signal) {
    return new Promise((resolve, reject) => {
      const stream = opened().request({ ':path': path, 'accept-encoding': 'gzip' });
      let headers = {};
      stream.on('response', (said) => {
        headers = said;
        if (said[':status'] !== 200) reject(new Error(`${path}: ${said[':status']}`));
      });
      collect(stream, signal, () => headers['content-encoding'], resolve, reject);
      signal?.addEventListener('abort', () => stream.close(http2.constants.NGHTTP2_CANCEL));
    });
  }

  return {
    get: version === 2 ? byHttp2 : byHttp1,
    received: () => received,
    close() {
      session?.close();
      agent.destroy();
    },
  };
}

/** The same, remembering files by path, as a browser's cache does with what is immutable. */
export function remembering(inner) {
  const known = new Map();
  return {
    ...inner,
    get(path, signal) {
      if (!known.has(path)) {
        const asked = inner.get(path, signal);
        known.set(path, asked);
        asked.catch(() => known.delete(path));
      }
      return known.get(path);
    },
  };
}

/** Names of the files that a GLB refers to. */
export function imagesOf(glb) {
  const json = JSON.parse(glb.subarray(20, 20 + glb.readUInt32LE(12)).toString());
  return (json.images ?? []).map((image) => image.uri).filter((uri) => uri && !uri.startsWith('data:'));
}

/** Frames, `hertz` a second, from now until `stop`; `requestAnimationFrame` is theirs. */
export function frames(hertz, draw) {
  const began = performance.now();
  let count = 0;
  let waiting = [];
  let isStopped = false;
  globalThis.requestAnimationFrame = (call) => waiting.push(call);
  globalThis.cancelAnimationFrame = (handle) => {
    waiting[handle - 1] = () => {};
  };
  function frame() {
    if (isStopped) return;
    const calls = waiting;
    waiting = [];
    for (const call of calls) call(performance.now());
    draw();
    do count += 1;
    while (began + (count * 1000) / hertz < performance.now());
    setTimeout(frame, began + (count * 1000) / hertz - performance.now());
  }
  setTimeout(frame, 0);
  return () => {
    isStopped = true;
  };
}
