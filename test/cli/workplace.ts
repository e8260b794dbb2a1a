import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import type { Settings } from "../../local/simulated-cloud/settings.ts";

/** What is run, and the arguments it gets before all others. */
export type Program = readonly [command: string, ...first: string[]];

const FROM_SOURCE: Program = [
  process.execPath,
  fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url)),
];

const RECIPES = `
recipes:
  web: { cloud: demo, server: web }
  data: { cloud: demo, volume: data }
`;

/** Nothing takes longer than it must; a test that wants to come in between says so. */
const FAST: Partial<Settings> = {
  uploadSeconds: () => 0.1,
  captureSeconds: 0.1,
  statusLagSeconds: 0,
  stopSeconds: 0.1,
  startSeconds: 0.1,
  deleteSeconds: 0,
};

export interface Ended {
  status: number | null;
  out: string;
  err: string;
}

export interface Running {
  ended: Promise<Ended>;
  /** Resolves once stdout or stderr has it; rejects when the program ends without. */
  said: (text: string) => Promise<void>;
  kill: (signal: NodeJS.Signals) => void;
  type: (text: string) => void;
  out: () => string;
  err: () => string;
}

export interface Workplace extends AsyncDisposable {
  folder: string;
  cloud: SimulatedCloud;
  /** Runs the program here, to its end. */
  regild(...args: string[]): Promise<Ended>;
  begin(...args: string[]): Running;
  /** Lets so much time pass for the cloud, and for it alone. */
  pass(seconds: number): void;
  write(file: string, text: string): void;
  read(file: string): string;
}

/** A folder with recipes and a clouds.yaml for a simulated cloud, which has a server `web` and a volume `data`. */
export async function openWorkplace(
  settings: Partial<Settings> = {},
  env: NodeJS.ProcessEnv = {},
  program = FROM_SOURCE,
): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "regild-cli-"));
  let aheadMs = 0;
  const cloud = new SimulatedCloud({
    now: () => Date.now() + aheadMs,
    random: Math.random,
    settings: { ...FAST, ...settings },
  });
  const served = await serveCloud(cloud, { port: 0 });
  const base = cloud.operator.addImage({ name: "base" });
  cloud.operator.addServer({ name: "web", image: base });
  cloud.operator.addVolume({ name: "data" });
  const running: Running[] = [];
  const begin = (...args: string[]): Running => {
    const started = start(folder, program, args, env);
    running.push(started);
    return started;
  };
  const write = (file: string, text: string): void => {
    writeFileSync(join(folder, file), text, { mode: 0o600 });
  };
  write("clouds.yaml", cloudsYaml(cloud, "demo"));
  write("recipes.yml", RECIPES);
  return {
    folder,
    cloud,
    begin,
    regild: (...args) => begin(...args).ended,
    pass: (seconds) => {
      aheadMs += seconds * 1000;
    },
    write,
    read: (file) => readFileSync(join(folder, file), "utf8"),
    [Symbol.asyncDispose]: async () => {
      for (const { kill } of running) kill("SIGKILL");
      await Promise.all(running.map(({ ended }) => ended));
      await served.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function start(
  folder: string,
  [command, ...first]: Program,
  args: string[],
  env: NodeJS.ProcessEnv,
): Running {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    command,
    [...first, ...args],
    {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env },
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (status) => resolve({ status, out, err }));
  });
  return {
    ended,
    out: () => out,
    err: () => err,
    kill: (signal) => void child.kill(signal),
    type: (text) => void child.stdin.write(text),
    said: (text) =>
      new Promise((resolve, reject) => {
        const observe = (): void => {
          if (!out.includes(text) && !err.includes(text)) return;
          child.stdout.off("data", observe);
          child.stderr.off("data", observe);
          resolve();
        };
        child.stdout.on("data", observe);
        child.stderr.on("data", observe);
        observe();
        child.on("close", () => reject(new Error(`never said "${text}", but: ${out}${err}`)));
      }),
  };
}

/** What a cloud or Regild would be told by the environment of whoever runs the tests is left out. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(OS_|AWS_|REGILD_|SSL_CERT_|.*_CA_BUNDLE$|.*_proxy$)/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: "1",
    COLUMNS: "200",
    TZ: "UTC",
    HOME: "/nonexistent",
  };
}
