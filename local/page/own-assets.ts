import { readFileSync } from "node:fs";

/** The text of a file beside the page. The build of the command puts a module of the same shape here: deploy/cli-bundle.ts. */
export function assetText(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), "utf8");
}
