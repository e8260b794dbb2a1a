import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** Leaves out the other fifty languages of zod's messages, a tenth of the bundle: zod/mini exports all of them. */
export const englishOnly: Plugin = {
  name: "zod in English",
  setup: (esbuild) => {
    esbuild.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: resolve("node_modules/zod/v4/locales"),
    }));
  },
};
