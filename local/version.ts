import { readFileSync } from "node:fs";

/** Set by the build of the command (deploy/cli-bundle.ts); from source there is none. */
declare const REGILD_VERSION: string | undefined;

/** The version in package.json. */
export function regildVersion(): string {
  if (typeof REGILD_VERSION === "string") return REGILD_VERSION;
  const file = new URL("../package.json", import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest)
    return String(manifest.version);
  throw new Error("package.json has no version");
}
