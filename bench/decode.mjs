// `node bench/decode.mjs FOLDER`: decode every file of a folder as a browser does, often enough to be timed.
// .glb and .glb.gz: streams of EXT_meshopt_compression; .drc: Draco streams. Says in JSON what one round took.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const libraries = join(dirname(fileURLToPath(import.meta.url)), '../web/node_modules/three/examples/jsm/libs');
const LEAST_S = 1.0;

async function meshopt() {
  const { MeshoptDecoder } = await import(join(libraries, 'meshopt_decoder.module.js'));
  await MeshoptDecoder.ready;
  return (data) => {
    const length = data.readUInt32LE(12);
    const document = JSON.parse(data.toString('utf8', 20, 20 + length));
    const binary = data.subarray(28 + length);
    for (const view of document.bufferViews) {
      const coded = view.extensions?.EXT_meshopt_compression;
      if (!coded) continue;
      const target = new Uint8Array(coded.count * coded.byteStride);
      const source = binary.subarray(coded.byteOffset ?? 0, (coded.byteOffset ?? 0) + coded.byteLength);
      MeshoptDecoder.decodeGltfBuffer(target, coded.count, coded.byteStride, source, coded.mode, coded.filter);
    }
  };
}

async function draco() {
  const require = createRequire(import.meta.url);
  globalThis.__dirname ??= join(libraries, 'draco/gltf');
  const script = readFileSync(join(libraries, 'draco/gltf/draco_wasm_wrapper.js'), 'utf8');
  const load = new Function('require', 'process', `${script}; return DracoDecoderModule;`)(require, process);
  const module = await load({ wasmBinary: readFileSync(join(libraries, 'draco/gltf/draco_decoder.wasm')) });
  return (data) => {
    // What three.js does for a primitive: decode, then copy out indices and each attribute.
    const decoder = new module.Decoder();
    const mesh = new module.Mesh();
    const status = decoder.DecodeArrayToMesh(data, data.byteLength, mesh);
    if (!status.ok()) throw new Error(status.error_msg());
    const size = mesh.num_faces() * 12;
    const indices = module._malloc(size);
    decoder.GetTrianglesUInt32Array(mesh, size, indices);
    new Uint32Array(module.HEAPU32.buffer, indices, size / 4).slice();
    module._free(indices);
    for (let i = 0; i < mesh.num_attributes(); i++) {
      const attribute = decoder.GetAttribute(mesh, i);
      const bytes = mesh.num_points() * attribute.num_components() * 4;
      const values = module._malloc(bytes);
      decoder.GetAttributeDataArrayForAllPoints(mesh, attribute, module.DT_FLOAT32, bytes, values);
      new Float32Array(module.HEAPF32.buffer, values, bytes / 4).slice();
      module._free(values);
    }
    module.destroy(mesh);
    module.destroy(decoder);
  };
}

async function unzipped(data) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('gzip'));
  return Buffer.from(await new Response(stream).arrayBuffer());
}

const folder = process.argv[2];
const names = readdirSync(folder).sort();
const files = names.map((name) => readFileSync(join(folder, name)));
const zipped = names[0].endsWith('.gz');
const decode = names[0].endsWith('.drc') ? await draco() : await meshopt();

async function round() {
  for (const file of files) decode(zipped ? await unzipped(file) : file);
}

await round(); // compiled and warm
let rounds = 0;
const start = process.cpuUsage();
let used = 0;
while (used < LEAST_S) {
  await round();
  rounds += 1;
  const { user, system } = process.cpuUsage(start);
  used = (user + system) / 1e6;
}
console.log(JSON.stringify({ processor_s: used / rounds, rounds }));
