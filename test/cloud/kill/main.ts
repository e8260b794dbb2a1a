import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { script, wholeNumberFrom } from "../../script.ts";
import { judgeCloud } from "./judge-cloud.ts";
import { judgeRuns } from "./judge-runs.ts";
import { type Kill, Ordeal } from "./ordeal.ts";
import { killLine, tables } from "./tally.ts";

const DESCRIPTION =
  "Kills regild serve with SIGKILL while it refreshes servers and volumes of the cloud OS_CLOUD, starts it again at once, and judges the cloud when all runs have ended. Ctrl-C: no more kills. Exit status 1: something is wrong, printed in full.";

/** Longer than any upload and any announced call takes, with all of its undoing. */
const PATIENCE_MS = 600_000;

const values = script("test:cloud:kill")
  .description(DESCRIPTION)
  .option("--kills <n>", "so many of them", wholeNumberFrom(1), 100)
  .option(
    "--seed <n>",
    "of the moments; the cloud's own pace is not in it, so a seed repeats the plan, not the course",
    wholeNumberFrom(0),
    Date.now() % 1_000_000,
  )
  .option(
    "--hold <seconds>",
    "kill only at creates of images: each request reaches the cloud up to so many seconds later, when the host has long gone on; every third of these runs is cancelled",
    wholeNumberFrom(1),
  )
  .option("--keep", "leave everything in the cloud, and the data file, to be looked at", false)
  .addHelpText(
    "after",
    `
Examples:
  $ npm run test:cloud:kill -- --kills 100
  $ npm run test:cloud:kill -- --kills 30 --hold 180     # requests that a proxy keeps for up to three minutes`,
  )
  .parse()
  .opts<{ kills: number; seed: number; hold?: number; keep: boolean }>();
process.exitCode = await killAgainAndAgain(values.kills, values.seed);

/** @returns the exit status. */
async function killAgainAndAgain(count: number, seed: number): Promise<number> {
  const startedAtMs = Date.now();
  const seconds = (): number => (Date.now() - startedAtMs) / 1000;
  const mark = `kill-${startedAtMs.toString(36).slice(-5)}`;
  const folder = mkdtempSync(join(tmpdir(), `regild-${mark}-`));
  const cloudName = process.env["OS_CLOUD"] ?? "lab";
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());

  const holdMs = values.hold === undefined ? null : values.hold * 1000;
  say(`${count} kills, seed ${seed}. What is made is named ${mark}-…; data and log: ${folder}`);
  await using ordeal = await Ordeal.open({
    cloudName,
    mark,
    folder,
    seed,
    holdMs,
    keep: values.keep,
  });
  say("servers and volumes are made; * is a run that has announced a call");
  if (holdMs !== null) {
    await ordeal.firstRuns();
    say(`${seconds().toFixed(0)} s: Regild knows by the first runs that the cloud keeps image ids`);
  }
  const kills: Kill[] = [];
  while (!interrupted.signal.aborted && kills.length < count) {
    const kill = await ordeal.kill();
    kills.push(kill);
    say(killLine(kills.length, seconds(), kill, mark));
  }
  say("no more kills, and no more refreshes");
  const evidence = await ordeal.end(PATIENCE_MS, (left) =>
    say(`${seconds().toFixed(0)} s: still to be done: ${left.length}, such as: ${left[0]}`),
  );

  const wrong = [...ordeal.shown.wrong, ...judgeCloud(evidence), ...judgeRuns(evidence)];
  for (const line of tables(kills, evidence)) say(line);
  const { starts } = ordeal.host;
  const slowest = Math.max(...starts).toFixed(1);
  say(`the host came to serve ${starts.length} times, in ${slowest} s at most`);
  say(`${seconds().toFixed(0)} s in all, seed ${seed}`);
  for (const error of ordeal.host.errors()) say(`the host's log: ${error}`);
  for (const what of wrong) say(`WRONG  ${what}`);
  if (wrong.length > 0) {
    say(`${wrong.length} things are wrong; data and log: ${folder}`);
    return 1;
  }
  say("no double, no left-over, every run ended");
  await ordeal.host.kill();
  if (!values.keep) rmSync(folder, { recursive: true });
  return 0;
}

function say(text: string): void {
  console.log(text);
}
