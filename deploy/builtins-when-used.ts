import type { Plugin } from "esbuild";

/** Each takes Node milliseconds to load. */
const LARGE = /^node:(?:crypto|https?|net|tls|v8|worker_threads)$/;

/** A large module of Node that is imported is loaded once something of it is used: most commands use few. */
export const builtinsWhenUsed: Plugin = {
  name: "modules of Node when used",
  setup: (esbuild) => {
    const namespace = "builtin";
    esbuild.onResolve({ filter: LARGE }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace } : undefined,
    );
    esbuild.onLoad({ filter: LARGE, namespace }, ({ path }) => ({
      contents: `
        for (const name of ${JSON.stringify(Object.keys(process.getBuiltinModule(path) ?? {}))}) {
          Object.defineProperty(exports, name, { enumerable: true, get: () => require("${path}")[name] });
        }`,
    }));
  },
};
