import { defineConfig } from "vite";

// Built by tests. Cesium fetches its workers and decoders by address, from `cesium/` beside the page; whoever serves the
// page serves those from node_modules.
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  logLevel: "warn",
  build: { target: "es2022", minify: false, emptyOutDir: true, chunkSizeWarningLimit: 20_000, rolldownOptions: { input: "peer/look.html" } },
});
