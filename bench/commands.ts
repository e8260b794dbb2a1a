import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SimulatedCloud } from "../local/simulated-cloud/cloud.ts";
import { cloudsYaml } from "../local/simulated-cloud/clouds-yaml.ts";
import { serveCloud } from "../local/simulated-cloud/serve.ts";
import { print, failOver } from "./print.ts";
import { type Figure, writeSection } from "./report.ts";

const ROUNDS = 11;
/** Refreshes with Node's compile cache. */
const REFRESHES = 5;
const UPLOAD_SECONDS = 8;
/** CPU time over an empty Node's. */
const AT_MOST: Record<string, number> = { "--version": 2, "--help": 2, status: 4 };
const AIM_MB = 100;
const RECIPES = "recipes: { web: { cloud: demo, server: web } }";

const folder = mkdtempSync(join(tmpdir(), "regild-commands-"));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

try {
  execFileSync("npm", ["pack", "--pack-destination", folder, "--silent"], { stdio: "pipe" });
  execFileSync("tar", ["-xzf", ...tarballs(), "-C", folder]);
  const { firstMb, nextMb } = await refreshes();
  const [leastMb = NaN, middleMb = NaN, mostMb = NaN] = [0, 0.5, 1].map(
    (share) => nextMb.toSorted((a, b) => a - b)[Math.round((nextMb.length - 1) * share)],
  );
  const median = cpuOf([[], ...Object.keys(AT_MOST).map((command) => [command])]);
  const empty = median[0] ?? 0;
  const rows = Object.keys(AT_MOST).map((command, at) => ({
    command,
    seconds: median[at + 1] ?? 0,
    ratio: (median[at + 1] ?? 0) / empty,
  }));

  print(`CPU time of the packaged command on Node ${process.version} (medians of ${ROUNDS})`, [
    ["", "ms", "ratio"],
    ["an empty Node", (empty * 1000).toFixed(0), "1.00 ×"],
    ...rows.map((is) => [
      `regild ${is.command}`,
      (is.seconds * 1000).toFixed(0),
      `${is.ratio.toFixed(2)} ×`,
    ]),
  ]);
  print(`Memory of regild refresh --wait, an upload of ${UPLOAD_SECONDS} s`, [
    ["peak resident, the first time after an installation", `${firstMb.toFixed(0)} MB`],
    ["peak resident, from then on, with Node's compile cache", `${middleMb.toFixed(0)} MB`],
    ["aim", `${AIM_MB} MB`],
  ]);
  const figures = rows.map(({ command, ratio }): Figure => ({
    what: `regild ${command}, CPU time over an empty Node's`,
    measured: ratio,
    unit: "×",
    target: { is: "at most", value: AT_MOST[command] ?? 0 },
    spread: null,
  }));
  const peaks = [
    { when: "the first time after an installation", mb: firstMb, spread: null },
    {
      when: `with Node's compile cache, median of ${REFRESHES}`,
      mb: middleMb,
      spread: `${leastMb.toFixed(0)} to ${mostMb.toFixed(0)}`,
    },
  ];
  writeSection({
    name: "commands",
    heading: "The command",
    text: `\`npm run bench:commands\`: the packaged command, in turns with an empty Node, medians of ${ROUNDS}. \`refresh --wait\` waits for an upload of ${UPLOAD_SECONDS} s.`,
    figures: [
      ...figures,
      ...peaks.map(({ when, mb, spread }): Figure => ({
        what: `regild refresh --wait, peak of resident memory, ${when}`,
        measured: mb,
        unit: "MB",
        target: { is: "at most", value: AIM_MB },
        spread,
      })),
    ],
  });
  failOver(
    rows.map(({ command, ratio: measured }) => {
      const what = `regild ${command}, CPU time over an empty Node's`;
      return { what, measured, atMost: AT_MOST[command] ?? 0 };
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}

function tarballs(): string[] {
  const names = execFileSync("ls", [folder], { encoding: "utf8" }).split("\n");
  return names.filter((name) => name.endsWith(".tgz")).map((name) => join(folder, name));
}

/** So that `status` has runs to show. @returns the peaks of the command's resident memory in MB. */
async function refreshes(): Promise<{ firstMb: number; nextMb: number[] }> {
  const settings = { uploadSeconds: () => UPLOAD_SECONDS };
  const cloud = new SimulatedCloud({ now: () => Date.now(), random: Math.random, settings });
  const served = await serveCloud(cloud, { port: 0 });
  cloud.operator.addServer({ name: "web", image: cloud.operator.addImage({ name: "base" }) });
  file("clouds.yaml", cloudsYaml(cloud, "demo"));
  file("recipes.yml", RECIPES);
  const firstMb = await refresh();
  const nextMb: number[] = [];
  while (nextMb.length < REFRESHES) nextMb.push(await refresh());
  await served.close();
  return { firstMb, nextMb };
}

async function refresh(): Promise<number> {
  const peak = join(folder, "peak");
  const hook = file(
    "hook.mjs",
    // Not process.resourceUsage(): its peak includes that of the process which has started this one.
    `import { readFileSync, writeFileSync } from "node:fs";
const peakKb = () => /VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
process.on("exit", () => writeFileSync(${JSON.stringify(peak)}, peakKb()));`,
  );
  const args = ["--import", hook, program(), "refresh", "web", "--wait"];
  const command = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
  await once(command, "close");
  if (command.exitCode !== 0) throw new Error("regild refresh failed");
  return Number(readFileSync(peak, "utf8")) / 1024;
}

function program(): string {
  return resolve(folder, "package/local/bin/regild.cjs");
}

/**
 * Runs each command in turns, so that other work of the machine slows all of them.
 * @param commands arguments of regild. None: an empty module. @returns medians of user and system seconds.
 */
function cpuOf(commands: string[][]): number[] {
  const empty = file("empty.mjs", "");
  const seconds = commands.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, args] of commands.entries()) {
      const words = args.length === 0 ? [empty] : [program(), ...args];
      const cpu = cpuSeconds([process.execPath, ...words]);
      if (round > 0) seconds[at]?.push(cpu); // the first round fills Node's compile cache
    }
  }
  return seconds.map((each) => each.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
}

function cpuSeconds(command: string[]): number {
  const script = `TIMEFORMAT="%U %S"; { time "$@" > /dev/null 2> /dev/null; } 2>&1`;
  const options = { cwd: folder, encoding: "utf8" } as const;
  const printed = execFileSync("bash", ["-c", script, "bash", ...command], options);
  return printed
    .trim()
    .split(" ")
    .reduce((sum, part) => sum + Number(part), 0);
}
