import { readFileSync } from "node:fs";
import * as z from "zod/mini";

/** Set by the build of the command (deploy/cli-bundle.ts); from source there is none. */
declare const REGILD_VERSION: string | undefined;

/** The version in package.json. */
export function regildVersion(): string {
  if (typeof REGILD_VERSION === "string") return REGILD_VERSION;
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
