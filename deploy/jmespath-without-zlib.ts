import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Takes the standard functions of JMESPath from the module that holds them. The one that the package exports has functions
 * that unzip as well, and Node takes milliseconds to load `node:zlib`.
 */
export const jmespathWithoutZlib: Plugin = {
  name: "JMESPath without node:zlib",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^@aws-lambda-powertools\/jmespath\/functions$/ }, () => ({
      path: resolve("node_modules/@aws-lambda-powertools/jmespath/lib/esm/Functions.js"),
    }));
  },
};
