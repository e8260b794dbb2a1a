import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpRequest } from "../../shared/ports.ts";
import { SLACK_SECRET } from "../chat/keys.ts";
import { slackRequest } from "../chat/requests.ts";
import { workspaceOf } from "../chat/workspaces.ts";
import { openWorkplace, type Running, type Workplace } from "../cli/workplace.ts";
import { buildPreload } from "../preload.ts";
import { script, wholeNumberFrom } from "../script.ts";
import { Durable } from "./durable.ts";
import { judgeEnd } from "./judge-end.ts";

const DESCRIPTION =
  "Cuts the power of regild serve again and again while it refreshes a server and a volume of the simulated cloud. After each cut the data file is what a disk would hold that loses unsynced writes, and the next host goes on with that. Every call that the cloud has heard must be announced there, and every refresh that was taken must be there. Needs Linux and gcc. Exit status 1: something is wrong.";

/** A host is up for so long after it has begun to serve. */
const LONGEST_MS = 1500;
/** What the host has sent before it was killed is at the cloud by then. */
const ARRIVES_WITHIN_MS = 100;
const PATIENCE_MS = 120_000;
const NAME = "regild.sqlite";
const RECIPES = `
recipes:
  web: { cloud: demo, server: web, prepare: { stop_server: true }, keep: 1 }
  data: { cloud: demo, volume: data, capture: snapshot, keep: 1 }
`;

const values = script("test:power-cut")
  .description(DESCRIPTION)
  .option("--cuts <n>", "so many of them", wholeNumberFrom(1), 1000)
  .option("--seed <n>", "of the moments", wholeNumberFrom(0), Date.now() % 1_000_000)
  .option("--lying-disk", "syncs do nothing: this must find something wrong", false)
  .parse()
  .opts<{ cuts: number; seed: number; lyingDisk: boolean }>();
process.exitCode = await cutAgainAndAgain();

/** @returns the exit status. */
async function cutAgainAndAgain(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "regild-power-cut-"));
  const disk = { folder: join(folder, "disk"), library: join(folder, "disk.so") };
  mkdirSync(disk.folder);
  buildPreload(new URL("disk.c", import.meta.url), disk.library);
  const env: NodeJS.ProcessEnv = { POWER_CUT_DISK: disk.folder, LD_PRELOAD: disk.library };
  if (values.lyingDisk) env["POWER_CUT_LIES"] = "1";
  await using place = await openWorkplace({}, env);
  const dataFile = join(place.folder, NAME);
  // Read by the disk when the host starts.
  env["POWER_CUT_FILE"] = dataFile;
  place.write("recipes.yml", RECIPES);
  place.write("regild.yml", JSON.stringify({ chat: { ops: workspaceOf("slack") } }));
  const heard = hear(place);
  console.log(`${values.cuts} cuts, seed ${values.seed}`);

  const wrong: string[] = [];
  const seen = { taken: 0, calls: 0 };
  for (let cut = 1; cut <= values.cuts && wrong.length === 0; cut++) {
    env["POWER_CUT_SEED"] = String(values.seed + cut);
    putBack(disk.folder, dataFile);
    heard.length = 0;
    const host = await begin(place);
    const taken = await refreshAll(host, cut);
    await sleep(((values.seed + cut * 7919) * 31) % LONGEST_MS);
    host.kill("SIGKILL");
    await host.ended;
    await sleep(ARRIVES_WITHIN_MS);
    wrong.push(...missing(copyOf(disk.folder, join(folder, "seen")), { taken, heard }, cut));
    seen.taken += taken.length;
    seen.calls += heard.filter(({ method }) => method !== "GET").length;
    if (cut % 50 === 0) console.log(`${cut} cuts, ${seen.taken} refreshes, ${seen.calls} calls`);
  }
  if (wrong.length === 0) {
    putBack(disk.folder, dataFile);
    const host = await begin(place);
    wrong.push(...(await judgeEnd(place.cloud, dataFile, PATIENCE_MS)));
    host.kill("SIGKILL");
    await host.ended;
  }
  for (const what of wrong) console.log(`WRONG  ${what}`);
  const total = `${seen.taken} refreshes were taken, ${seen.calls} calls were made`;
  console.log(
    `${total}: ${wrong.length === 0 ? "all on the disk, and the cloud is clean" : "see above"}`,
  );
  rmSync(folder, { recursive: true });
  return wrong.length === 0 ? 0 : 1;
}

/** What is not on the disk, and has to be. */
function missing(
  dataFile: string,
  { taken, heard }: { taken: readonly string[]; heard: readonly HttpRequest[] },
  cut: number,
): string[] {
  try {
    const durable = new Durable(dataFile);
    const lost = taken.filter((id) => !durable.hasRun(id)).map((id) => `run ${id} was taken`);
    const unannounced = heard.flatMap((call) => durable.unannounced(call) ?? []);
    return [...lost, ...unannounced].map((what) => `cut ${cut}: not on the disk: ${what}`);
  } catch (error) {
    return [`cut ${cut}: the data file cannot be read: ${String(error)}`];
  }
}

/** What the cloud is asked, as it comes. */
function hear({ cloud }: Workplace): HttpRequest[] {
  const heard: HttpRequest[] = [];
  const exchange = cloud.exchange.bind(cloud);
  cloud.exchange = (request) => {
    heard.push(request);
    return exchange(request);
  };
  return heard;
}

/** The data file becomes what the cut has left. A new host finds no `-shm`, as after a start of the machine. */
function putBack(disk: string, dataFile: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${dataFile}${suffix}`, { force: true });
  for (const suffix of ["", "-wal"]) {
    const kept = join(disk, `${NAME}${suffix}`);
    if (existsSync(kept)) copyFileSync(kept, `${dataFile}${suffix}`);
  }
}

/** SQLite writes into what it reads, so a copy is read. */
function copyOf(disk: string, folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const path = join(folder, NAME);
  putBack(disk, path);
  return path;
}

async function begin(place: Workplace): Promise<Running> {
  const at = ["--listen", "127.0.0.1:0", "--listen-webhooks", "127.0.0.1:0"];
  const host = place.begin("serve", "--data", NAME, ...at);
  await host.said('"serving"');
  return host;
}

/** @returns the ids of the runs that a refresh was taken for. */
async function refreshAll(host: Running, cut: number): Promise<string[]> {
  const [, port] = /"webhooks":\["http:\/\/127\.0\.0\.1:(\d+)/.exec(host.out()) ?? [];
  const answers = await Promise.all(
    ["web", "data"].map(async (recipe) => {
      const { headers, body } = slackRequest(
        { text: `refresh ${recipe}`, id: `${recipe} ${cut}`, nowMs: Date.now() },
        SLACK_SECRET,
      );
      const url = `http://127.0.0.1:${port ?? ""}/chat/ops`;
      const answer = await fetch(url, { method: "POST", headers, body });
      return answer.text();
    }),
  );
  return answers.flatMap((text) => /Run ([\w-]+)/.exec(text)?.[1] ?? []);
}
