import { readFileSync } from "node:fs";
import { readWiring, type Wiring } from "./wiring.ts";

const ROOT = new URL("../", import.meta.url);

/**
 * The wiring in serverless.yml. The build of the command puts a module of the same shape here: deploy/cli-bundle.ts.
 */
export function ownWiring(): Wiring {
  return readWiring(readFileSync(new URL("serverless.yml", ROOT), "utf8"));
}

/** @param module path from the root without extension, as in `WiredFunction`. */
export async function importModule(module: string): Promise<unknown> {
  return import(new URL(`${module}.ts`, ROOT).href);
}
