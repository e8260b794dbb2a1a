import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { cloudsFile } from "./sign-in.ts";

const cloudEntry = z.looseObject({ auth: z.record(z.string(), z.unknown()) });
const cloudsYaml = z.object({ clouds: z.record(z.string(), cloudEntry) });

/** @returns the environment of a Regild that reads a clouds.yaml with one entry altered, for the rest of the test. */
export function alteredClouds(
  name: string,
  alter: (entry: z.infer<typeof cloudEntry>) => object,
): NodeJS.ProcessEnv {
  const file = cloudsYaml.parse(parse(readFileSync(cloudsFile(), "utf8")));
  const found = file.clouds[name];
  if (found === undefined) throw new Error(`${cloudsFile()} has no cloud ${name}`);
  const folder = mkdtempSync(join(tmpdir(), "regild-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "clouds.yaml");
  writeFileSync(path, JSON.stringify({ clouds: { [name]: alter(found) } }), { mode: 0o600 });
  return { ...process.env, OS_CLIENT_CONFIG_FILE: path };
}
