import { spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openWorkplace } from "../test/cli/workplace.ts";
import { SLACK_SECRET } from "../test/chat/keys.ts";
import { slackRequest } from "../test/chat/requests.ts";
import { workspaceOf } from "../test/chat/workspaces.ts";
import { print } from "./print.ts";
import { type Figure, writeSection } from "./report.ts";

/** Commands of a chat, so many at once, while the cloud takes ten seconds for each answer. */
const PARALLEL = 200;
const ROUNDS = 15;
const WARM_UP = 3;
const CLOUD_SECONDS = 10;
const AT_MOST = 1.5;

// Connections are kept: their number is not what is measured.
const AGENT = new Agent({ keepAlive: true, maxSockets: Infinity });
const PROGRAM = fileURLToPath(new URL("acknowledgements/bare.ts", import.meta.url));

await using place = await openWorkplace();
place.write("regild.yml", JSON.stringify({ chat: { ops: workspaceOf("slack") } }));
const host = place.begin("serve", "--listen", "127.0.0.1:0", "--listen-webhooks", "127.0.0.1:0");
await host.said('"serving"');
const [, hostPort] = /"webhooks":\["http:\/\/127\.0\.0\.1:(\d+)/.exec(host.out()) ?? [];
if (hostPort === undefined) throw new Error(`regild serve says no address: ${host.out()}`);

using servers = new DisposableStack();
servers.defer(() => AGENT.destroy());
const barePort = await beginBare({});
const writingPort = await beginBare({ DATA_FILE: join(place.folder, "written.sqlite") });

// Runs are under way, and every call of theirs waits for the cloud.
place.cloud.faults.add({
  on: { times: Infinity },
  effect: { kind: "latency", seconds: CLOUD_SECONDS },
});
for (const recipe of ["web", "data"]) await ask(hostPort, `refresh ${recipe}`, `first ${recipe}`);
await sleep(2000);

const BARE = "bare node:http with the same HMAC";
const WRITING = "the same, and writes the rows of a refresh";
const COMMANDS = [
  { text: "status", beside: { [BARE]: barePort } },
  { text: "refresh web", beside: { [BARE]: barePort, [WRITING]: writingPort } },
];
const rows: string[][] = [];
const figures: Figure[] = [];
for (const { text, beside } of COMMANDS) {
  const ports = { "regild serve": hostPort, ...beside };
  const p99 = new Map(Object.keys(ports).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    for (const [name, port] of Object.entries(ports)) {
      const found = await Promise.all(
        Array.from({ length: PARALLEL }, (_, at) => ask(port, text, `${text} ${round} ${at}`)),
      );
      if (round >= WARM_UP) p99.get(name)?.push(percentile(found, 0.99));
    }
  }
  const [own = [], bare = [], writing] = p99.values();
  for (const [name, of] of p99) {
    const ratio = median(of) / median(bare);
    rows.push([text, name, `${median(of).toFixed(1)} ms`, `${ratio.toFixed(2)} ×`]);
  }
  const target = { is: "at most", value: AT_MOST } as const;
  figures.push(ratioOf(`${text}, over that of the bare server`, own, bare, target));
  if (writing === undefined) continue;
  figures.push(
    ratioOf(`${text}, over that of the bare server that writes such rows`, own, writing),
    ratioOf("the bare server that writes such rows, over that of the other", writing, bare),
  );
}
print(
  `p99 of ${PARALLEL} commands at once, median of ${ROUNDS} rounds, the cloud answers after ${CLOUD_SECONDS} s`,
  [["command", "server", "p99", "ratio"], ...rows],
);

writeSection({
  name: "chat",
  heading: "Chat commands are acknowledged",
  text: `\`npm run bench:chat\`: ${PARALLEL} commands at once as Slack sends them, to \`regild serve\` and in turns to a bare \`node:http\` server that checks the same HMAC and writes nothing. Runs are under way, and the cloud takes ${CLOUD_SECONDS} s for each answer. The ratios are of medians of ${ROUNDS} rounds. A refresh is acknowledged once its run is on disk. So it stands beside a bare server, too, that writes as many rows of the same length, with texts that are ready, all of one turn of the event loop in one commit.`,
  figures,
});

/** @param of p99 of each round. */
function ratioOf(
  what: string,
  of: readonly number[],
  than: readonly number[],
  target: Figure["target"] = null,
): Figure {
  const ratios = of.map((one, at) => one / (than[at] ?? Number.NaN));
  return {
    what: `p99 of ${what}`,
    measured: median(of) / median(than),
    unit: "×",
    target,
    spread: `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  };
}

/** @returns its port. */
async function beginBare(env: Record<string, string>): Promise<string> {
  const server = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, SLACK_SECRET, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = (): void => void server.kill();
  process.on("exit", end);
  servers.defer(end);
  return new Promise((resolve) => {
    server.stdout.once("data", (line: Buffer) => resolve(new URL(line.toString().trim()).port));
  });
}

/** @returns milliseconds until the whole answer was there. */
function ask(port: string, text: string, id: string): Promise<number> {
  const { headers, body } = slackRequest({ text, id, nowMs: Date.now() });
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: "127.0.0.1", method: "POST", path: "/chat/ops", headers, agent: AGENT },
      (answer) => {
        answer.resume().on("end", () => {
          if (answer.statusCode === 200) resolve(performance.now() - began);
          else reject(new Error(`answered ${answer.statusCode ?? 0}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
