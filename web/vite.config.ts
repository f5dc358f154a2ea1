import { defineConfig } from "vite";
import type { Plugin } from "vite";

/** What a page imports at once, by and by: said in its head, so that it is fetched beside the page's first script, not after. */
function preloadImports(): Plugin {
  return {
    name: "preload-imports",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle, chunk }) {
        const files = (chunk?.dynamicImports ?? []).flatMap((name) => {
          const imported = bundle?.[name];
          // Words of other languages are fetched by those who speak them.
          return imported?.type === "chunk" && imported.facadeModuleId?.includes("/src/pages/") ? [name, ...imported.imports] : [];
        });
        const known = new Set(chunk?.imports);
        return [...new Set(files)]
          .filter((name) => !known.has(name) && name !== chunk?.fileName)
          .map((name) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/web/${name}` }, injectTo: "head" as const }));
      },
    },
  };
}

// Built files live under /web/, because the API owns /assets/. No inlining: the pages' CSP allows no `data:` fonts.
export default defineConfig({
  base: "/web/",
  plugins: [preloadImports()],
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
