import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import * as z from "zod";

const ROUNDS = 15;
const RUNTIME = new URL("runtime.ts", import.meta.url);
/** As on Lambda. The endpoint is a plain one, so that the runtime sees the first call; nobody listens there. */
const ENVIRONMENT = {
  REGILD_TABLE: "regild",
  REGILD_QUEUE_URL_PREFIX: "https://sqs.eu-central-1.amazonaws.com/123456789012/regild-prod-",
  REGILD_CLOUDS: "/regild/prod/clouds.yaml",
  REGILD_RECIPES: "dist/recipes.json",
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
};

const startSchema = z.object({ wallMs: z.number(), cpuMs: z.number() });
export type Start = z.infer<typeof startSchema>;

export interface Startable {
  name: string;
  /** A CommonJS module that exports `handler`. */
  code: string | Uint8Array;
  event: unknown;
}

/** Each in a process of its own, all in turns: what else the machine does, it does to all. @returns medians, by name. */
export function startAll(each: Startable[]): Map<string, Start> {
  const folder = mkdtempSync(join(tmpdir(), "regild-cold-"));
  try {
    const runtime = join(folder, "runtime.mjs");
    writeFileSync(runtime, transformSync(readFileSync(RUNTIME, "utf8"), { loader: "ts" }).code);
    const files = each.map(({ name, code }) => {
      const file = join(folder, `${name.replaceAll(/\W/g, "-")}.cjs`);
      writeFileSync(file, code);
      return file;
    });
    const starts = each.map((): Start[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      each.forEach(({ event }, at) => starts[at]?.push(start(runtime, files[at] ?? "", event)));
    }
    return new Map(
      each.map(({ name }, at) => {
        const seen = starts[at] ?? [];
        const wallMs = median(seen.map((one) => one.wallMs));
        return [name, { wallMs, cpuMs: median(seen.map((one) => one.cpuMs)) }];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function start(runtime: string, file: string, event: unknown): Start {
  const args = [runtime, file, JSON.stringify(event)];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    env: ENVIRONMENT,
    encoding: "utf8",
  });
  try {
    return startSchema.parse(JSON.parse(stdout));
  } catch {
    throw new Error(`${file} did not start: ${stderr}`);
  }
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
