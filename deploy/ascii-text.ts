import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

/**
 * Writes characters beyond ASCII as escapes also where esbuild's `charset` does not, in tagged templates and regular
 * expressions: with one of them, Node has V8 keep the whole bundle in two bytes for each character.
 */
export const asciiText: Plugin = {
  name: "text in ASCII",
  setup: (esbuild) => {
    esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll(/[^\0-\x7f]/g, escaped),
      loader: "ts",
    }));
  },
};

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
