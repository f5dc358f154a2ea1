import { defineConfig } from "vite";

// Built files live under /web/, because the API owns /assets/. No inlining: the pages' CSP allows no `data:` fonts.
export default defineConfig({
  base: "/web/",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { index: "index.html", exhibition: "exhibition.html", studio: "studio.html" },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
