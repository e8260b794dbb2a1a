import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import * as z from "zod/mini";
import { script, wholeNumberFrom } from "../../script.ts";
import { alteredClouds } from "../altered-clouds.ts";
import { type ProxiedAnswer, proxyBefore } from "../endpoint-proxy.ts";
import { signIn, type TestCloud } from "../sign-in.ts";
import { makeServer, removeAll, until } from "../support.ts";
import { callOf } from "./calls.ts";
import { programOf } from "../../program-of.ts";
import { KilledHost, OWN_CHECKOUT } from "./host.ts";

const DESCRIPTION =
  "Measures how soon a run goes on if regild serve is killed at its createImage: the cloud has made the image, and the answer is lost. Prints the seconds from the restart, and from the moment that the new host serves, until the run knows its image.";

/** Longer than an earlier version waits until no answer can come any more. */
const KNOWN_WITHIN_S = 240;

const values = script("test:cloud:resume")
  .description(DESCRIPTION)
  .option("--rounds <n>", "kills for each checkout", wholeNumberFrom(1), 3)
  .option(
    "--beside <folder>",
    "another checkout of Regild, with its node_modules; may be repeated",
    (folder: string, others: string[]) => [...others, resolve(folder)],
    [],
  )
  .addHelpText(
    "after",
    `
Examples:
  $ npm run test:cloud:resume
  $ npm run test:cloud:resume -- --beside ../regild-before`,
  )
  .parse()
  .opts<{ rounds: number; beside: string[] }>();

const storedRun = z.looseObject({
  outcome: z.nullable(z.string()),
  candidate: z.nullable(z.looseObject({ id: z.string() })),
});

const cloudName = process.env["OS_CLOUD"] ?? "lab";
const cloud = await signIn(cloudName);
const mark = `resume-${Date.now().toString(36).slice(-5)}`;
try {
  for (const [n, checkout] of [OWN_CHECKOUT, ...values.beside].entries())
    await measure(cloud, `${mark}-${n}`, checkout, values.rounds);
} finally {
  await removeAll(cloud, mark);
}

async function measure(
  of: TestCloud,
  name: string,
  checkout: string,
  rounds: number,
): Promise<void> {
  await makeServer(of, name);
  const folder = mkdtempSync(join(tmpdir(), `regild-${name}-`));
  const cloudsFile = join(folder, "clouds.yaml");
  const host = new KilledHost(folder, cloudsFile, checkout);
  const at: { createImage: ((answer: ProxiedAnswer) => Promise<void>) | null } = {
    createImage: null,
  };
  await using undo = new AsyncDisposableStack();
  const proxy = undo.use(
    await proxyBefore(of.url("compute"), async (request, forward) => {
      const answer = await forward();
      const meet = callOf(request) === "createImage" ? at.createImage : null;
      if (meet === null) return answer;
      at.createImage = null;
      await meet(answer);
      return null;
    }),
  );
  undo.defer(() => host.kill());
  const clouds = alteredClouds(cloudName, (entry) => ({
    ...entry,
    compute_endpoint_override: proxy.url,
  }));
  writeFileSync(cloudsFile, clouds, { mode: 0o600 });
  const recipe = { cloud: cloudName, server: name, keep: 1, cooling_off: "0s" };
  writeFileSync(join(folder, "recipes.yml"), JSON.stringify({ recipes: { web: recipe } }));
  const refresh = () =>
    promisify(execFile)(process.execPath, [programOf(checkout), "refresh", "web"], {
      cwd: folder,
      env: { ...process.env, OS_CLIENT_CONFIG_FILE: cloudsFile, NO_COLOR: "1" },
    });

  host.start();
  await host.serving();
  // The first image shows whether the cloud keeps ids.
  await refresh();
  await until("the first run has ended", async () => lastRun(host.dataFile).outcome);
  for (let round = 1; round <= rounds; round++) {
    const killed = new Promise<void>((done) => {
      at.createImage = async () => {
        await host.kill();
        done();
      };
    });
    await refresh();
    await killed;
    const restartedMs = Date.now();
    host.start();
    await host.serving();
    const servingMs = Date.now();
    await until(
      "the run knows its image",
      async () => lastRun(host.dataFile).candidate,
      KNOWN_WITHIN_S,
    );
    const knownMs = Date.now();
    const seconds = (sinceMs: number): string =>
      ((knownMs - sinceMs) / 1000).toFixed(1).padStart(6);
    console.log(
      `${basename(resolve(checkout)).padEnd(16)} kill ${round}: the run knows its image ${seconds(restartedMs)} s after the restart, ${seconds(servingMs)} s after the host serves`,
    );
    await until("the run has ended", async () => lastRun(host.dataFile).outcome, KNOWN_WITHIN_S);
  }
  rmSync(folder, { recursive: true });
}

/** As the data file of any version has it. */
function lastRun(dataFile: string): z.infer<typeof storedRun> {
  const db = new DatabaseSync(dataFile, { readOnly: true });
  try {
    const sql = "SELECT doc FROM item WHERE sk LIKE 'run#%' ORDER BY sk DESC LIMIT 1";
    const row = db.prepare(sql).get();
    return storedRun.parse(JSON.parse(String(row?.["doc"])));
  } finally {
    db.close();
  }
}
