import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** Ways into zod's JSON Schema, and its guard against data that holds itself, which nothing that was JSON does. */
const UNUSED = /zod\/v4\/core\/(to-json-schema|json-schema-processors|memoizer)\.js$/;

/**
 * What esbuild cannot leave out by itself, and no function needs. In check-status, gzipped: yaml 20 KB less, zod 8 KB.
 * yaml: what it has for browsers is the same code as its CommonJS, of which nothing could be left out.
 * zod: each of its schemas refers to all it could be asked for.
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
      contents: withoutFormats(readFileSync(path, "utf8")),
    }));
  },
};

/** A module with the same names, of which each is a function that does nothing. */
function hollow(module: string): string {
  const names = module.matchAll(/^export (?:const|function) (\w+)/gm);
  return Array.from(names, ([, name]) => `export const ${name} = () => undefined;`).join("\n");
}

/** Every format as a method of every string, `z.string().url()`: zod itself calls that deprecated, for `z.url()`. */
function withoutFormats(schemas: string): string {
  const methods = /(export const ZodString = .+?\n\}), \{\n.+?\n\}\);/s;
  const without = schemas.replace(methods, "$1);");
  if (without === schemas) throw new Error("zod is another one: ZodString has no formats");
  return without;
}
