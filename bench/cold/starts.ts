import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import * as z from "zod/mini";

const ROUNDS = 21;
const RUNTIME = new URL("runtime.ts", import.meta.url);
/** As on Lambda. The endpoint is a plain one, so that the runtime sees the first call; nobody listens there. */
const ENVIRONMENT = {
  REGILD_TABLE: "regild",
  REGILD_QUEUE_URL_PREFIX: "https://sqs.eu-central-1.amazonaws.com/123456789012/regild-prod-",
  REGILD_CLOUDS: "/regild/prod/clouds.yaml",
  REGILD_SENDERS: "/regild/prod/senders.json",
  REGILD_RECIPES: "dist/recipes.json",
  REGILD_SESSION_KEY: "/regild/prod/session.key",
  REGILD_OIDC: "/regild/prod/oidc.json",
  REGILD_SIGNING_KEY: "/regild/prod/signing.pem",
  REGILD_EVENT_BUS: "regild-prod",
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
};

/** CPU time since the process began. */
const startSchema = z.object({
  readyMs: z.number(),
  firstCallMs: z.number(),
  called: z.boolean(),
});
export type Start = Omit<z.infer<typeof startSchema>, "called">;

export interface Startable {
  name: string;
  /** A CommonJS module that exports `handler`. */
  code: string | Uint8Array;
  event: unknown;
  /** Its event leads it to a call. */
  calls: boolean;
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
      each.forEach((one, at) => starts[at]?.push(start(runtime, files[at] ?? "", one)));
    }
    return new Map(
      each.map(({ name }, at) => {
        const seen = starts[at] ?? [];
        const readyMs = median(seen.map((one) => one.readyMs));
        return [name, { readyMs, firstCallMs: median(seen.map((one) => one.firstCallMs)) }];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function start(runtime: string, file: string, { name, event, calls }: Startable): Start {
  const { stdout, stderr } = spawnSync(process.execPath, [runtime, file, JSON.stringify(event)], {
    env: ENVIRONMENT,
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(`${name} did not start: ${stderr}`);
  const { called, ...times } = startSchema.parse(JSON.parse(stdout));
  if (called !== calls) throw new Error(`${name}: ${called ? "a" : "no"} call was made`);
  return times;
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
