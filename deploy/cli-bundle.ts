import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import { ownWiring } from "#functions";
import { READING_COMMANDS } from "../local/cli/reading-commands.ts";
import { regildVersion } from "../local/version.ts";
import { builtinsWhenUsed } from "./builtins-when-used.ts";
import { onlyFile } from "./bundle.ts";
import { englishOnly } from "./english-only.ts";
import { jmespathWithoutZlib } from "./jmespath-without-zlib.ts";
import { asciiText } from "./ascii-text.ts";
import { pageAssetsInside } from "./page-assets-inside.ts";
import { undiciForRequests } from "./undici-for-requests.ts";

export interface CliBundle {
  code: Uint8Array;
  metafile: Metafile;
}

/**
 * The whole command as one file, with the functions that `regild serve` runs. CommonJS, because a single executable
 * takes nothing else before Node 25 (Node.js documentation, Single executable applications) and it loads faster: see
 * `bundle`. Runs on Node 22.19 and newer, the lowest that undici 8 supports.
 */
export async function bundleCli(): Promise<CliBundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: ["local/cli/packaged.ts"],
    plugins: [
      functionsInside,
      pageAssetsInside,
      englishOnly,
      jmespathWithoutZlib,
      noProcesses,
      undiciForRequests,
      builtinsWhenUsed,
      asciiText,
    ],
  });
  return { code: onlyFile(outputFiles, "the command"), metafile };
}

/** A smaller file with these commands alone: Node takes longer to read the whole command than `status` takes. */
export async function bundleReading(): Promise<CliBundle> {
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    entryPoints: ["local/cli/packaged.ts"],
    plugins: [readingCommands, englishOnly, jmespathWithoutZlib, noProcesses, builtinsWhenUsed],
  });
  return { code: onlyFile(outputFiles, "the reading commands"), metafile };
}

/** A small file that answers `--help` and `--version`: it has no command's own modules, because neither needs one. */
export async function bundleQuick(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: ["local/cli/quick.ts"],
    external: ["./commands/*", "./work-on.ts", "./show-error.ts", "./output.ts"],
    plugins: [noProcesses],
  });
  return onlyFile(outputFiles, "the quick answers");
}

const OPTIONS = {
  outfile: "regild.cjs",
  bundle: true,
  platform: "node",
  target: "node22.19",
  format: "cjs",
  define: { REGILD_VERSION: JSON.stringify(regildVersion()) },
  // Only source that the package does not hold asks where it lies.
  logOverride: { "empty-import-meta": "silent" },
  minify: true,
  legalComments: "none",
  charset: "ascii",
  metafile: true,
  write: false,
  logLevel: "warning",
} as const satisfies BuildOptions;

/** Replaces local/own-functions.ts: serverless.yml and the functions that it names are in the bundle. */
const functionsInside: Plugin = {
  name: "functions of serverless.yml",
  setup: (esbuild) => {
    const namespace = "functions";
    esbuild.onResolve({ filter: /^#functions$/ }, () => ({ path: "functions", namespace }));
    esbuild.onLoad({ filter: /.*/, namespace }, () => ({
      resolveDir: resolve("."),
      contents: functionsModule(ownWiring().functions.map(({ module }) => module)),
    }));
  },
};

/** Leaves out the other commands. This bundle is for arguments that begin with one of these, which alone is loaded then. */
const readingCommands: Plugin = {
  name: "reading commands",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^\.\/commands\// }, ({ path, kind }) =>
      kind === "dynamic-import" && !READING_COMMANDS.includes(basename(path, ".ts"))
        ? { path, external: true }
        : undefined,
    );
  },
};

/** Commander loads node:child_process for commands that are programs of their own. Regild has none. */
const noProcesses: Plugin = {
  name: "no child processes",
  setup: (esbuild) => {
    const namespace = "no-processes";
    esbuild.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      importer.includes("/node_modules/commander/") ? { path, namespace } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace }, () => ({ contents: "module.exports = {};" }));
  },
};

function functionsModule(modules: readonly string[]): string {
  const imports = modules.map((module) => {
    const file = JSON.stringify(`./${module}.ts`);
    return `${JSON.stringify(module)}: () => import(${file})`;
  });
  return `
    import { readWiring } from "./local/wiring.ts";
    const modules = { ${imports.join(", ")} };
    export const ownWiring = () => readWiring(${JSON.stringify(readFileSync("serverless.yml", "utf8"))});
    export const importModule = (module) => modules[module]();`;
}
