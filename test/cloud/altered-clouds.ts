import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod/mini";
import { cloudsFile } from "./sign-in.ts";

const cloudEntry = z.looseObject({ auth: z.record(z.string(), z.unknown()) });
const cloudsYaml = z.object({ clouds: z.record(z.string(), cloudEntry) });

/** @returns the text of a clouds.yaml with one entry of the tests' own, altered. */
export function alteredClouds(
  name: string,
  alter: (entry: z.infer<typeof cloudEntry>) => object,
): string {
  const file = cloudsYaml.parse(parse(readFileSync(cloudsFile(), "utf8")));
  const found = file.clouds[name];
  if (found === undefined) throw new Error(`${cloudsFile()} has no cloud ${name}`);
  return JSON.stringify({ clouds: { [name]: alter(found) } });
}
