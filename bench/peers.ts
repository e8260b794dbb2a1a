import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import * as z from "zod/mini";
import { operator } from "../test/cloud/operator.ts";
import { cloudsFile, signIn, type TestCloud } from "../test/cloud/sign-in.ts";
import { idOf, inventory, makeServer, removeAll } from "../test/cloud/support.ts";
import { script, wholeNumberFrom } from "../test/script.ts";
import { type CountingProxy, countingProxy } from "./peers/counting-proxy.ts";
import { metered, stopPrograms, type Used } from "./peers/metered.ts";
import { BASE_IMAGE, type Setting, type Tool, TOOLS } from "./peers/tools.ts";
import { print } from "./print.ts";
import { type Figure, writeSection } from "./report.ts";

const { holds, counts, only, rounds } = script("bench:peers")
  .description(
    `Has Debian's openstackclient, Debian's Packer and Regild take images on the lab, with uploads that are held for some
time. Counts calls at a proxy. Needs OS_CLOUD and OS_CLIENT_CONFIG_FILE of the lab (npm run lab).`,
  )
  .option(
    "--holds <seconds>",
    "how long Glance holds each upload; 600 as well takes an hour",
    "10,60",
  )
  .option("--counts <n>", "images at once; 50 as well needs a larger lab", "1,10")
  .option("--only <tool>", "tools whose name begins so")
  .option(
    "--rounds <n>",
    "so often a tool that remembers earlier uploads is run",
    wholeNumberFrom(1),
    3,
  )
  .parse()
  .opts<{ holds: string; counts: string; only?: string; rounds: number }>();
/** Of the time of an upload, with so many earlier ones. */
const LATE = { earlier: 3, atMostPercent: 2 };

interface Row extends Used {
  tool: string;
  hold: number;
  count: number;
  calls: number;
  /** Calls that read images. */
  reads: number;
  /** Seconds from active to known, of each image. */
  late: number[];
  /** Uploads that the tool knew. Null: it remembers none. */
  earlier: number | null;
}

const lab = process.env["OS_CLIENT_CONFIG_FILE"] === undefined ? null : operator();

async function main(knobs: NonNullable<typeof lab>): Promise<void> {
  const tools = TOOLS.filter(({ name, version }) => {
    if (version === null) console.log(`${name} is skipped: it is not installed`);
    return version !== null && name.startsWith(only ?? "");
  });
  const cloud = await signIn();
  const mark = `peers-${Date.now().toString(36)}`;
  const rows: Row[] = [];
  const undo = async () => {
    knobs.uploads();
    await removeAll(cloud, mark);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      stopPrograms();
      void undo().finally(() => process.exit(1));
    });
  try {
    const most = Math.max(...numbers(counts));
    const ids = Array.from({ length: most }, (_, at) => makeServer(cloud, `${mark}-${at}`));
    await Promise.all(ids);
    const servers = Array.from({ length: most }, (_, at) => `${mark}-${at}`);
    const baseImageId = await idOf(cloud, "image", BASE_IMAGE);
    for (const hold of numbers(holds)) {
      knobs.uploads({ savingSeconds: hold });
      for (const count of numbers(counts))
        for (const tool of tools) {
          const setting = { mark, baseImageId, servers: servers.slice(0, count) };
          rows.push(...(await inRounds(cloud, tool, setting, hold)));
          // What was measured so far stays, whatever becomes of the rest.
          tell(rows, tools);
          await removeImages(cloud, mark);
        }
    }
  } finally {
    await undo();
  }
}

function numbers(list: string): number[] {
  return list.split(",").map(Number);
}

async function inRounds(
  cloud: TestCloud,
  tool: Tool,
  of: Omit<Setting, "folder">,
  hold: number,
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "regild-peers-"));
  const rows: Row[] = [];
  try {
    for (let nth = 0; nth < (tool.remembers ? rounds : 1); nth++) {
      const row = await measured(cloud, tool, { ...of, folder });
      const name = tool.remembers ? `${tool.name}, ${nth} earlier` : tool.name;
      const earlier = tool.remembers ? nth : null;
      const whole = { ...row, tool: name, hold, count: of.servers.length, earlier };
      rows.push(whole);
      print(name, [cellsOf(whole)]);
    }
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 3 });
  }
  return rows;
}

async function measured(cloud: TestCloud, tool: Tool, setting: Setting) {
  await using proxy = await countingProxy();
  writeFileSync(join(setting.folder, "clouds.yaml"), JSON.stringify(cloudsBehind(proxy)), {
    mode: 0o600,
  });
  const before = new Set((await imagesOf(cloud, setting.mark)).map(({ id }) => id));
  const active = new Map<string, number>();
  const watch = new AbortController();
  const watching = watchActive(cloud, setting.mark, before, active, watch.signal);
  const used = await metered(tool.commands(setting)).finally(() => watch.abort());
  await watching;
  const late = [...active].flatMap(([id, atMs]) => {
    const knownAtMs = proxy.knownAtMs.get(id);
    return knownAtMs === undefined ? [] : [Math.max(0, (knownAtMs - atMs) / 1000)];
  });
  const reads = proxy.calls.filter(
    ({ method, path }) => method === "GET" && /\/images(\/|\?)/.test(path),
  ).length;
  return { ...used, calls: proxy.calls.length, reads, late };
}

/** Asks Glance itself twice a second, not by way of the proxy. */
async function watchActive(
  cloud: TestCloud,
  mark: string,
  before: ReadonlySet<string>,
  active: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const askedAtMs = Date.now();
    for (const { id, status } of await imagesOf(cloud, mark))
      if (status === "active" && !before.has(id) && !active.has(id)) active.set(id, askedAtMs);
    await sleep(500);
  }
}

const imagesAnswer = z.looseObject({
  images: z.array(
    z.looseObject({ id: z.string(), name: z.nullable(z.string()), status: z.string() }),
  ),
});

async function imagesOf(cloud: TestCloud, mark: string) {
  const answer = await cloud.call({
    service: "image",
    path: "/v2/images?limit=1000&sort=created_at:desc",
  });
  return imagesAnswer.parse(answer.json).images.filter(({ name }) => name?.includes(mark));
}

async function removeImages(cloud: TestCloud, mark: string): Promise<void> {
  for (const { id, region } of (await inventory(cloud, mark)).images)
    await cloud.call({
      service: "image",
      method: "DELETE",
      path: `/v2/images/${id}`,
      region,
      expected: [204, 404],
    });
}

const cloudsSchema = z.object({ clouds: z.record(z.string(), z.looseObject({})) });

/** The lab's entry with every URL by way of the proxy, under the name `peers`. */
function cloudsBehind(proxy: CountingProxy): object {
  const { clouds } = cloudsSchema.parse(parse(readFileSync(cloudsFile(), "utf8")));
  const entry = JSON.stringify(clouds[process.env["OS_CLOUD"] ?? "lab"]);
  return { clouds: { peers: JSON.parse(proxy.urlOf(entry)) as unknown } };
}

const COLUMNS = [
  "tool",
  "held, s",
  "images",
  "calls",
  "of them reads of images",
  "CPU, s",
  "peak MB",
  "MB × s",
  "known after, s (most)",
  "took, s",
];

function cellsOf(row: Row): string[] {
  const mean = row.late.reduce((sum, one) => sum + one, 0) / Math.max(1, row.late.length);
  return [
    row.tool,
    String(row.hold),
    String(row.count),
    String(row.calls),
    String(row.reads),
    row.cpuSeconds.toFixed(1),
    row.peakMb.toFixed(0),
    row.mbSeconds.toFixed(0),
    row.late.length === 0 ? "-" : `${mean.toFixed(1)} (${Math.max(...row.late).toFixed(1)})`,
    row.seconds.toFixed(0),
  ];
}

/** None: Regild was not run that often. */
function lateness(rows: Row[], hold: number): Figure[] {
  const known = rows.filter((row) => row.hold === hold && (row.earlier ?? 0) >= LATE.earlier);
  const percents = known
    .flatMap(({ late }) => late.map((seconds) => (seconds / hold) * 100))
    .toSorted((a, b) => a - b);
  const [least, most] = [percents[0], percents.at(-1)];
  if (least === undefined || most === undefined) return [];
  return [
    {
      what: `seen late, with ${LATE.earlier} earlier uploads of ${hold} s or more, median of ${percents.length}`,
      measured: percents[Math.floor(percents.length / 2)] ?? most,
      unit: "%",
      target: { is: "at most", value: LATE.atMostPercent },
      spread: `${least.toFixed(1)} to ${most.toFixed(1)}`,
    },
  ];
}

function tell(rows: Row[], tools: Tool[]): void {
  const table = [COLUMNS, ...rows.map(cellsOf)];
  writeSection({
    name: `peers ${holds} ${counts}`,
    heading: `The same images by three tools: held for ${holds} s, ${counts} at once`,
    text: "`npm run bench:peers` on the lab. Glance holds each upload for the time given. Calls are counted at a proxy before every service. Packer boots a server of its own for each image, and stops and deletes it, so not all of its calls compare. Regild also makes the image the current one, and retires the one before. Memory is resident, of all processes of the tool together.",
    figures: numbers(holds).flatMap((hold) => lateness(rows, hold)),
    table,
    versions: Object.fromEntries(
      tools
        .filter(({ version }) => version?.match(/^\d/))
        .map(({ name, version }) => [name.split(" ")[0] ?? "", version ?? ""]),
    ),
  });
}

if (lab === null) console.log("bench:peers is skipped: it needs the lab (npm run lab)");
else await main(lab);
