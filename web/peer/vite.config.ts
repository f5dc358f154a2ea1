import { defineConfig } from "vite";

// Built by tests, into tests/artifacts.
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  logLevel: "warn",
  build: { target: "es2022", minify: false, emptyOutDir: true, rolldownOptions: { input: "peer/peer.html" } },
});
