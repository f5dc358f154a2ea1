/** Khronos' gltf-validator over files: prints one JSON object, file name to its errors. Only for tests. */

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { validateBytes } from "gltf-validator";

const found = {};
for (const name of process.argv.slice(2)) {
  const report = await validateBytes(new Uint8Array(await readFile(name)), {
    maxIssues: 100,
    // Textures that tiles share lie beside them.
    externalResourceFunction: async (uri) => new Uint8Array(await readFile(join(dirname(name), decodeURIComponent(uri)))),
  });
  found[name] = report.issues.messages.filter(({ severity }) => severity === 0).map(({ code, message, pointer }) => `${code} ${message} ${pointer ?? ""}`);
}
console.log(JSON.stringify(found));
