import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** Ways from zod's schemas into JSON Schema, and their guard against data that holds itself, which no JSON does. */
const UNUSED = /zod\/v4\/core\/(to-json-schema|json-schema-processors|memoizer)\.js$/;

/** In zod's classic/schemas.js. */
const EDITS: ReadonlyArray<{ find: RegExp; put: string }> = [
  // Every format as a method of every string; zod calls `z.string().url()` deprecated, and so the linter refuses it.
  { find: /(export const ZodString = .+?\n\}), \{\n.+?\n\}\);/s, put: "$1);" },
  // Of a namespace that another module exports, esbuild keeps all.
  {
    find: /import \{ util \} from "..\/core\/index.js"/,
    put: 'import * as util from "../core/util.js"',
  },
  { find: /core\.util\./g, put: "util." },
];

/**
 * What esbuild cannot leave out by itself, and no function needs. Of check-status, gzipped: 112.9 KB without this, 107.9
 * with yaml's modules, 97.6 with zod's too; CPU time until it is ready: 1, 0.95 and 0.90 (medians of 25 alternating
 * runs, Node 24.21).
 *
 * yaml: what it has for browsers is the same code as its CommonJS, of which nothing could be left out.
 * zod: each schema refers to whatever could be asked of it.
 */
export const smallerPackages: Plugin = {
  name: "smaller packages",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^yaml$/ }, () => ({
      path: resolve("node_modules/yaml/browser/dist/index.js"),
      sideEffects: false,
    }));
    esbuild.onLoad({ filter: UNUSED }, ({ path }) => ({
      contents: hollow(readFileSync(path, "utf8")),
    }));
    esbuild.onLoad({ filter: /zod\/v4\/classic\/schemas\.js$/ }, ({ path }) => ({
      contents: edited(readFileSync(path, "utf8")),
    }));
  },
};

/** A module with the same names, of which each is a function that does nothing. */
function hollow(module: string): string {
  const names = module.matchAll(/^export (?:const|function|class) (\$?\w+)/gm);
  return Array.from(names, ([, name]) => `export const ${name} = () => undefined;`).join("\n");
}

function edited(module: string): string {
  return EDITS.reduce((text, { find, put }) => {
    const after = text.replace(find, put);
    if (after === text) throw new Error(`zod is another one: nothing in it is ${find.source}`);
    return after;
  }, module);
}
