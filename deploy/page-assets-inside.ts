import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";

/** Replaces local/page/own-assets.ts: the files of the page are in the bundle. */
export const pageAssetsInside: Plugin = {
  name: "assets of the page",
  setup: (esbuild) => {
    const namespace = "page-assets";
    esbuild.onResolve({ filter: /^#page-assets$/ }, () => ({ path: "page-assets", namespace }));
    esbuild.onLoad({ filter: /.*/, namespace }, () => {
      const folder = "local/page/assets";
      const texts = readdirSync(folder).map((name) => [
        name,
        readFileSync(join(folder, name), "utf8"),
      ]);
      const byName = JSON.stringify(Object.fromEntries(texts));
      return { contents: `export const assetText = (name) => (${byName})[name];` };
    });
  },
};
