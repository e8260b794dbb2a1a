import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openWorkplace } from "../test/cli/workplace.ts";
import { script, wholeNumberFrom } from "../test/script.ts";
import { deliverOne, SECRET, SENDER } from "./delivery.ts";
import { print } from "./print.ts";
import { writeSection } from "./report.ts";
import { openDisk, SYNC_MS } from "./slow-disk.ts";

/** Deliveries of a build system, so many at once. Each starts a run of the one recipe, which joins the run at work. */
const PARALLEL = 100;
const DELIVERIES = 1000;
const ROUNDS = 5;
const AT_LEAST = 5;
const BARE = fileURLToPath(new URL("webhooks/bare.ts", import.meta.url));
const AGENT = new Agent({ keepAlive: true, maxSockets: PARALLEL });

const { syncMs } = script("bench:webhooks")
  .description(
    "Sends signed deliveries to regild serve, and in turns to a bare server that writes each in a transaction of its own.",
  )
  .option("--sync-ms <n>", SYNC_MS, wholeNumberFrom(0), 0)
  .addHelpText("after", "\nExample:\n  $ npm run bench:webhooks -- --sync-ms 5")
  .parse()
  .opts<{ syncMs: number }>();
const disk = openDisk(syncMs);

await using place = await openWorkplace({}, disk.env);
place.write(
  "recipes.yml",
  "recipes: { web: { cloud: demo, server: web, webhook: { sender: ci, event: done, min_gap: 0s } } }",
);
place.write(
  "regild.yml",
  JSON.stringify({ senders: { ci: { scheme: "github", secrets: [SECRET] } } }),
);
const host = place.begin("serve", "--listen", "127.0.0.1:0", "--listen-webhooks", "127.0.0.1:0");
await host.said('"serving"');
const [, hostPort] = /"webhooks":\["http:\/\/127\.0\.0\.1:(\d+)/.exec(host.out()) ?? [];
if (hostPort === undefined) throw new Error(`regild serve says no address: ${host.out()}`);

const bare = spawn(process.execPath, [BARE], {
  env: {
    ...process.env,
    ...disk.env,
    WEBHOOK_SECRET: SECRET,
    DATA_FILE: join(place.folder, "bare.sqlite"),
  },
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => bare.kill());
using _ended = { [Symbol.dispose]: () => (bare.kill(), AGENT.destroy()) };
const barePort = await new Promise<string>((resolve) => {
  bare.stdout.once("data", (line: Buffer) => resolve(new URL(line.toString().trim()).port));
});

const perSecond: Record<"bare" | "regild", number[]> = { bare: [], regild: [] };
for (let round = 0; round <= ROUNDS; round++) {
  for (const [server, port] of [
    ["bare", barePort],
    ["regild", hostPort],
  ] as const) {
    const found = await deliverAll(port, `${server} ${round}`);
    if (round > 0) perSecond[server].push(found);
  }
}
const ratios = perSecond.regild.map((of, at) => of / (perSecond.bare[at] ?? Number.NaN));
const [of, than] = [median(perSecond.regild), median(perSecond.bare)];
print(`Deliveries accepted a second, ${PARALLEL} at once, median of ${ROUNDS} rounds`, [
  ["regild serve", of.toFixed(0)],
  ["bare node:http, the same HMAC, a SQLite transaction each", than.toFixed(0)],
  ["ratio", `${median(ratios).toFixed(2)} ×`],
]);
writeSection({
  name: `webhooks${disk.suffix}`,
  heading: `Webhooks that are accepted for good${disk.suffix}`,
  text: `\`npm run bench:webhooks\`: ${DELIVERIES} deliveries signed as GitHub does, ${PARALLEL} at once, to \`regild serve\` and in turns to a bare \`node:http\` server. The bare server checks the same HMAC and writes each delivery to SQLite in a transaction of its own. Regild answers once the run that a delivery starts is on disk, and works on these runs meanwhile. Both wait for the disk (\`synchronous = FULL\`). ${disk.sentence}`,
  figures: [
    {
      what: "deliveries accepted a second, over the bare server",
      measured: median(ratios),
      unit: "×",
      target: { is: "at least", value: AT_LEAST },
      spread: `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    },
  ],
});

/** @returns deliveries a second. */
async function deliverAll(port: string, name: string): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: DELIVERIES }, (_, nth) => deliver(port, `${name} ${nth}`)),
  );
  return DELIVERIES / ((performance.now() - began) / 1000);
}

async function deliver(port: string, id: string): Promise<void> {
  const tookMs = await deliverOne(
    new URL(`http://127.0.0.1:${port}/webhooks/${SENDER}`),
    AGENT,
    id,
  );
  if (tookMs === null) throw new Error("a delivery was not accepted");
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
}
