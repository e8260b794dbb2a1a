import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type * as z from "zod/mini";
import { programOf } from "../../test/program-of.ts";
import { SECRET, SENDER } from "../delivery.ts";
import {
  type CloudIsTold,
  cloudSays,
  type HostIsTold,
  type HostSays,
  hostSays,
} from "./messages.ts";

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const EVENT_LOOP = new URL("event-loop.ts", import.meta.url).href;

/** A folder with a data file in which so many runs have been started, and a cloud that they are for. */
export interface Place extends AsyncDisposable {
  /** A host of that checkout begins its work. @returns once it takes webhooks. */
  serve(): Promise<ServingHost>;
  /** Resolves with the next read of an image. */
  nextLook(): Promise<void>;
  /** The cloud's clock jumps: every upload has ended. */
  endUploads(): void;
  activeImages(): Promise<number>;
  /** Runs whose uploads are under way, so that only looks at them are left to do. */
  inFlight(): number;
  /** Commits of all runs so far. While uploads are under way, each is a look at one. */
  commits(): number;
  /** How many runs have come to each outcome. */
  outcomes(): Record<string, number>;
}

export interface ServingHost {
  webhooks: URL;
  /** The delays of the event loop are counted from now on. */
  begin(): void;
  tell(): Promise<HostSays>;
  kill(): Promise<void>;
}

/** @param hasHistory 99 of 100 recipes have had three uploads of an hour. */
export async function openPlace(
  checkout: string,
  { runs, hasHistory }: { runs: number; hasHistory: boolean },
): Promise<Place> {
  await using undo = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "regild-bench-"));
  undo.defer(() => rmSync(folder, { recursive: true }));
  const cloud = fork(fileOf("cloud.ts"), [String(runs + 1)]);
  undo.defer(() => void cloud.kill());
  const told = async <Message>(schema: z.ZodMiniType<Message>): Promise<Message> =>
    schema.parse(await messageOf(cloud));
  const tell = (what: CloudIsTold): void => void cloud.send(what);
  const { cloudsYaml, servers } = await told(cloudSays.ready);
  const write = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  write("clouds.yaml", cloudsYaml);
  write(
    "recipes.yml",
    recipesFor(servers, existsSync(join(checkout, "shared/webhook/start-gap.ts"))),
  );
  const senders = { [SENDER]: { scheme: "github", secrets: [SECRET] } };
  write("regild.yml", JSON.stringify({ senders }));
  const history = hasHistory ? ["with-history"] : [];
  execFileSync(process.execPath, [fileOf("start-runs.ts"), checkout, folder, ...history]);
  const file = new DatabaseSync(join(folder, "regild.sqlite"), { readOnly: true });
  undo.defer(() => file.close());
  const inFlight = file.prepare("SELECT count(*) AS n FROM message WHERE queue = 'check-status'");
  const commits = file.prepare("SELECT sum(version) AS n FROM item WHERE sk GLOB 'run#*'");
  const ended = file.prepare(
    "SELECT json_extract(doc, '$.outcome') AS outcome, count(*) AS n FROM item WHERE day IS NOT NULL AND pk GLOB 'R#golden-*' GROUP BY 1",
  );
  const hosts: ServingHost[] = [];
  undo.defer(async () => void (await Promise.all(hosts.map((host) => host.kill()))));
  const dispose = undo.move();
  return {
    serve: async () => {
      const host = await serving(checkout, folder);
      hosts.push(host);
      return host;
    },
    nextLook: async () => {
      tell("tell-of-a-look");
      await told(cloudSays.look);
    },
    endUploads: () => tell("end-uploads"),
    activeImages: async () => {
      tell("count-images");
      return (await told(cloudSays.images)).activeImages;
    },
    inFlight: () => Number(inFlight.get()?.["n"]),
    commits: () => Number(commits.get()?.["n"]),
    outcomes: () =>
      Object.fromEntries(ended.all().map(({ outcome, n }) => [String(outcome), Number(n)])),
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}

/** Each has a server of its own; the one of `web` also starts by webhook. */
function recipesFor(servers: readonly string[], isGapRule: boolean): string {
  const [first, ...others] = servers;
  const webhook = `{ sender: ${SENDER}, event: done${isGapRule ? ", min_gap: 0s" : ""} }`;
  return [
    "defaults: { cloud: sim }",
    "recipes:",
    `  web: { server: ${first}, webhook: ${webhook} }`,
    ...others.map((server, at) => `  golden-${at}: { server: ${server} }`),
  ].join("\n");
}

async function serving(checkout: string, folder: string): Promise<ServingHost> {
  const args = ["--import", EVENT_LOOP, programOf(checkout), "serve", "--listen", "127.0.0.1:0"];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  let out = "";
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      out = `${out}${chunk.toString()}`.slice(-10_000);
      const [, found] = /"webhooks":\["([^"]+)/.exec(out) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on("data", read);
    child.on("exit", () => reject(new Error(`regild serve has ended: ${out}`)));
  });
  const send = (what: HostIsTold): void => void child.send(what);
  return {
    webhooks: new URL(url),
    begin: () => send("begin"),
    tell: async () => {
      send("tell");
      return hostSays.parse(await messageOf(child));
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("message", resolve));
}
