import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openLoaded } from "../../../local/cli/clouds.ts";
import { loadClouds } from "../../../local/clouds-files.ts";
import { openInstallation } from "../../../local/installation.ts";
import { seededRandom } from "../../../local/simulated-cloud/random.ts";
import { loadRecipes } from "../../../shared/recipe/load.ts";
import { operator } from "../operator.ts";
import { signIn } from "../sign-in.ts";
import { inventory, removeAll } from "../support.ts";
import { makeGolden } from "./golden.ts";
import { KilledHost } from "./host.ts";
import { judgeCloud } from "./judge-cloud.ts";
import { judgeRuns } from "./judge-runs.ts";
import { owed, readRecords, runsUnderWay } from "./records.ts";
import { Refreshes } from "./refreshes.ts";
import { Seams } from "./seams.ts";
import { type Kill, killLine, tables } from "./tally.ts";
import { ShownImages } from "./shown-images.ts";

const USAGE = `npm run test:cloud:kill -- [--kills 100] [--seed N] [--keep]

Kills regild serve with SIGKILL while it refreshes servers and volumes of the cloud OS_CLOUD, starts it again
at once, and judges the cloud when all runs have ended. Exit status 1: something is wrong, printed in full.

  --seed   of the moments; the cloud's own pace is not in it, so a seed repeats the plan, not the course
  --keep   leaves everything in the cloud, and the data file, to be looked at`;

/** Longer than any upload and any announced call takes, with all of its undoing. */
const PATIENCE_MS = 600_000;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) console.log(USAGE);
else process.exitCode = await killAgainAndAgain(Number(values.kills), Number(values.seed));

/** @returns the exit status. */
async function killAgainAndAgain(count: number, seed: number): Promise<number> {
  const startedAtMs = Date.now();
  const say = (text: string): void => console.log(text);
  const mark = `kill-${startedAtMs.toString(36).slice(-5)}`;
  const cloudName = process.env["OS_CLOUD"] ?? "lab";
  const cloud = await signIn(cloudName);
  const folder = mkdtempSync(join(tmpdir(), `regild-${mark}-`));
  say(
    `${count} kills, seed ${seed}. Everything made is named ${mark}-…; data and log are in ${folder}`,
  );

  await using undo = new AsyncDisposableStack();
  if (!values.keep) undo.defer(() => removeAll(cloud, mark));
  const recipes = await makeGolden(cloud, cloudName, mark);
  const before = await inventory(cloud);
  say(`${Object.keys(recipes).length} recipes, their servers and volumes are made`);

  const random = (stream: number): (() => number) => seededRandom(seed * 10 + stream);
  const cloudsFile = join(folder, "clouds.yaml");
  const host = new KilledHost(folder, cloudsFile);
  const seams = undo.use(
    await Seams.open(cloud, cloudName, { random: random(1), kill: () => host.kill() }),
  );
  undo.defer(() => host.kill());
  writeFileSync(cloudsFile, seams.cloudsYaml, { mode: 0o600 });
  const recipesText = JSON.stringify({ recipes }); // JSON is YAML
  writeFileSync(join(folder, "recipes.yml"), recipesText);
  const loaded = loadRecipes(recipesText, "recipes.yml");
  if (!("recipes" in loaded)) throw new Error(JSON.stringify(loaded));
  const installation = await openInstallation({
    dataFile: host.dataFile,
    clouds: openLoaded(loadClouds({ env: process.env, cwd: folder, home: homedir() }), Date.now),
    recipes: loaded.recipes,
    log: { info: () => {}, warn: console.warn, error: console.error },
  });
  undo.defer(() => installation.close());
  const { backend, store } = installation;
  const names = Object.keys(recipes);

  const shown = new ShownImages(cloud, names);
  const refreshes = new Refreshes(backend, random(2));
  const kills: Kill[] = [];
  const plan = random(3);
  const pace = random(4);
  host.start();
  const lab = operator();
  undo.defer(() => lab?.uploads());
  while (kills.length < count) {
    lab?.uploads({ queuedSeconds: pace() * 2, savingSeconds: 2 + pace() * 10 });
    const atCall = plan() < 1 / 2;
    const afterMs = 200 + plan() * 7_800;
    await sleep(atCall ? afterMs / 2 : afterMs);
    const met = atCall ? await seams.killAtCall(10_000) : null;
    await host.kill();
    const kill = { met, runs: await runsUnderWay(store) };
    kills.push(kill);
    say(killLine(kills.length, (Date.now() - startedAtMs) / 1000, kill, mark));
    host.start();
    await shown.look();
  }
  await refreshes.stop();
  say("no more kills, and no more refreshes");

  const endMs = Date.now() + PATIENCE_MS;
  for (let told = 0; ;) {
    const left = owed(await readRecords(store, names));
    if (left.length === 0 || Date.now() > endMs) break;
    if (Date.now() > told + 15_000) {
      say(`still to be done: ${left.length}, such as: ${left[0]}`);
      told = Date.now();
    }
    await sleep(500);
  }
  await seams.settled();

  const evidence = {
    recipes: loaded.recipes,
    before,
    after: await inventory(cloud),
    births: seams.births,
    records: await readRecords(store, names),
    delivered: refreshes.delivered,
  };
  const found = [...shown.wrong, ...judgeCloud(evidence), ...judgeRuns(evidence)];
  for (const line of tables(kills, evidence)) say(line);
  const slowest = Math.max(...host.starts);
  say(
    `${host.starts.length} starts of the host that came to serve, the slowest in ${slowest.toFixed(1)} s; ${Math.round((Date.now() - startedAtMs) / 1000)} s in all, seed ${seed}`,
  );
  for (const error of host.errors()) say(`the host's log: ${error}`);
  for (const what of found) say(`WRONG  ${what}`);
  say(
    found.length === 0
      ? "no double, no left-over, every run ended"
      : `${found.length} things are wrong; see ${folder}`,
  );
  if (found.length === 0 && !values.keep) undo.defer(() => rmSync(folder, { recursive: true }));
  return found.length === 0 ? 0 : 1;
}
