import { globSync } from "node:fs";
import { join } from "node:path";
import { build, type Metafile, type OutputFile } from "esbuild";
import { regildVersion } from "../local/version.ts";
import { englishOnly } from "./english-only.ts";
import { jmespathWithoutZlib } from "./jmespath-without-zlib.ts";
import { pageAssetsInside } from "./page-assets-inside.ts";
import { yamlModules } from "./yaml-modules.ts";

/** `functions/sweep/handler.ts` becomes `dist/functions/sweep/handler.cjs`: serverless.yml names it so. */
export const FUNCTIONS = globSync("functions/*/handler.ts")
  .map((file) => file.split("/")[1] ?? "")
  .toSorted();

export interface Bundle {
  name: string;
  /** From the root. */
  file: string;
  code: Uint8Array;
  metafile: Metafile;
}

/**
 * One function with all it needs and nothing else: what only one machine, a test or another function uses is left out.
 * CommonJS: the same content as a module takes 1.3 times the CPU time until it is loaded (medians of 11 alternating runs,
 * check-status, Node 24.21: 73 ms, 95 ms, and 24 ms of an empty process).
 *
 * Tried, and not taken: V8's code cache in the package saves 7 % (sweep) to 11 % (a step) of that time, but V8 takes none
 * of another version or processor, and who builds has neither of Lambda's; a larger young generation saves nothing, nor
 * does yaml at first use, since a step's first message needs it.
 *
 * ASCII: V8 keeps a text with one character beyond Latin-1 in two bytes for each, and takes a fifth to a third longer to compile it.
 */
export async function bundle(name: string, { minify }: { minify: boolean }): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [`functions/${name}/handler.ts`],
    outfile: `dist/functions/${name}/handler.cjs`,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    conditions: ["lambda"],
    define: { REGILD_VERSION: JSON.stringify(regildVersion()) },
    // Only source that the bundle does not hold asks where it lies.
    logOverride: { "empty-import-meta": "silent" },
    plugins: [yamlModules, pageAssetsInside, englishOnly, jmespathWithoutZlib],
    minify,
    legalComments: "none",
    charset: "ascii",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const file = join("dist", "functions", name, "handler.cjs");
  return { name, file, code: onlyFile(outputFiles, name), metafile };
}

/** @throws Error for anything but one file. */
export function onlyFile([output, ...others]: OutputFile[], name: string): Uint8Array {
  if (output === undefined || others.length > 0) throw new Error(`${name}: not one bundle`);
  return output.contents;
}
