import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as z from "zod/mini";
import { type CleanUpDocument, cleanUpDocument } from "../../local/view/clean-up.ts";
import { doctorDocument } from "../../local/view/checks.ts";
import { runDocument, type RunReport } from "../../local/view/run-report.ts";
import { printedReport } from "./run-report.ts";
import { until } from "./support.ts";

const PROGRAM = fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url));

/** `regild` in a folder of its own with a recipe file and a data file. */
export interface Program extends AsyncDisposable {
  /** `regild ARGS -o json`, to its end. */
  run(...args: string[]): Promise<{ status: number | null; report: RunReport }>;
  /** `regild ARGS`, to its end: its exit status. */
  status(...args: string[]): Promise<number | null>;
  /** `regild doctor ARGS -o json`, to its end. */
  doctor(
    ...args: string[]
  ): Promise<{ status: number | null; document: z.infer<typeof doctorDocument> }>;
  /** `regild clean-up ARGS -o json`, to its end. */
  cleanUp(...args: string[]): Promise<{ status: number | null; document: CleanUpDocument }>;
  /** The same, where it refuses: its exit status. */
  cleanUpRefused(...args: string[]): Promise<number | null>;
  /** Starts `regild serve`, and comes back once it serves. */
  serve(): Promise<void>;
  /** SIGKILL to `regild serve`; comes back once the process is gone. */
  kill(): Promise<void>;
  /** Comes back once `regild serve` is gone, whoever ended it. */
  gone(): Promise<void>;
  /** A request to `regild serve`. */
  post(
    path: string,
    body: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; json: unknown }>;
  /** The run as `regild serve` tells it over HTTP. */
  report(runId: string): Promise<RunReport>;
  /** The run at its end, as `regild serve` tells it over HTTP. */
  ended(runId: string): Promise<RunReport>;
}

/** @param recipes as in recipes.yml. */
export function openProgram(
  recipes: object,
  is: {
    /** Its text; default: the tests' own. */
    cloudsYaml?: string;
    /** As in regild.yml. */
    senders?: object;
    callbacks?: object;
    env?: NodeJS.ProcessEnv;
  } = {},
): Program {
  const folder = mkdtempSync(join(tmpdir(), "regild-test-"));
  writeFileSync(join(folder, "recipes.yml"), JSON.stringify({ recipes }));
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", ...is.env };
  const { senders, callbacks } = is;
  if (senders !== undefined || callbacks !== undefined) {
    const text = JSON.stringify({ senders, callbacks });
    writeFileSync(join(folder, "regild.yml"), text, { mode: 0o600 });
  }
  if (is.cloudsYaml !== undefined) {
    const path = join(folder, "clouds.yaml");
    writeFileSync(path, is.cloudsYaml, { mode: 0o600 });
    env["OS_CLIENT_CONFIG_FILE"] = path;
  }
  const start = (args: string[]): Started => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { child, out: collect(child.stdout), err: collect(child.stderr), closed: closed(child) };
  };
  let host: Started | undefined;
  let url = "";
  let webhook = "";
  const program: Program = {
    run: async (...args) => {
      const { child, closed, out, err } = start([...args, "-o", "json"]);
      await closed;
      const document = runDocument.safeParse(parseJson(out()));
      if (!document.success) throw new Error(`regild ${args.join(" ")}: ${out()}${err()}`);
      return { status: child.exitCode, report: document.data.run };
    },
    status: async (...args) => {
      const { child, closed } = start(args);
      await closed;
      return child.exitCode;
    },
    doctor: async (...args) => {
      const { child, closed, out, err } = start(["doctor", ...args, "-o", "json"]);
      await closed;
      const document = doctorDocument.safeParse(parseJson(out()));
      if (!document.success) throw new Error(`regild doctor ${args.join(" ")}: ${out()}${err()}`);
      return { status: child.exitCode, document: document.data };
    },
    cleanUp: async (...args) => {
      const { child, closed, out, err } = start(["clean-up", ...args, "-o", "json"]);
      await closed;
      const document = cleanUpDocument.safeParse(parseJson(out()));
      if (!document.success) throw new Error(`regild clean-up ${args.join(" ")}: ${out()}${err()}`);
      return { status: child.exitCode, document: document.data };
    },
    cleanUpRefused: async (...args) => {
      const { child, closed } = start(["clean-up", ...args, "-o", "json"]);
      await closed;
      return child.exitCode;
    },
    serve: async () => {
      const { child, out, err } = (host = start(["serve", "--listen", "127.0.0.1:0"]));
      url = await until("regild serve to serve", async () => {
        if (child.exitCode !== null) throw new Error(`regild serve: ${out()}${err()}`);
        return /"url":"(?<url>[^"]+)"/.exec(out())?.groups?.["url"] ?? null;
      });
      webhook = /"webhooks":\["(?<url>[^"]+)"/.exec(out())?.groups?.["url"] ?? "";
    },
    kill: async () => {
      host?.child.kill("SIGKILL");
      await host?.closed;
    },
    gone: async () => host?.closed,
    post: async (path, body, headers) => {
      const { origin } = new URL(webhook);
      const answer = await fetch(`${origin}${path}`, { method: "POST", body, headers });
      return { status: answer.status, json: parseJson(await answer.text()) };
    },
    report: (runId) => runAt(`${url}/v1/runs/${runId}`),
    ended: async (runId) => {
      const observe = () => program.report(runId);
      const over = async () => (await observe()).ended_at !== null || null;
      await until("the end of the run", over, 600).catch(async (error: unknown) => {
        throw new Error(printedReport(await observe()), { cause: error });
      });
      return observe();
    },
    [Symbol.asyncDispose]: async () => {
      await program.kill();
      rmSync(folder, { recursive: true });
    },
  };
  return program;
}

interface Started {
  child: ChildProcess;
  out: () => string;
  err: () => string;
  closed: Promise<void>;
}

async function closed(child: ChildProcess): Promise<void> {
  await once(child, "close");
}

async function runAt(url: string): Promise<RunReport> {
  const answer = await fetch(url);
  return runDocument.parse(await answer.json()).run;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
