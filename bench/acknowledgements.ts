import { spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
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
const BARE = fileURLToPath(new URL("acknowledgements/bare.ts", import.meta.url));

await using place = await openWorkplace();
place.write("regild.yml", JSON.stringify({ chat: { ops: workspaceOf("slack") } }));
const host = place.begin("serve", "--listen", "127.0.0.1:0", "--listen-webhooks", "127.0.0.1:0");
await host.said('"serving"');
const [, hostPort] = /"webhooks":\["http:\/\/127\.0\.0\.1:(\d+)/.exec(host.out()) ?? [];
if (hostPort === undefined) throw new Error(`regild serve says no address: ${host.out()}`);

const bare = spawn(process.execPath, [BARE], {
  env: { ...process.env, SLACK_SECRET },
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => bare.kill());
using _ended = { [Symbol.dispose]: () => (bare.kill(), AGENT.destroy()) };
const barePort = await new Promise<string>((resolve) => {
  bare.stdout.once("data", (line: Buffer) => resolve(new URL(line.toString().trim()).port));
});

// Runs are under way, and every call of theirs waits for the cloud.
place.cloud.faults.add({
  on: { times: Infinity },
  effect: { kind: "latency", seconds: CLOUD_SECONDS },
});
for (const recipe of ["web", "data"]) await ask(hostPort, `refresh ${recipe}`, `first ${recipe}`);
await sleep(2000);

const COMMANDS = { status: "status", "refresh web": "refresh web" };
const measured: string[][] = [];
const figures: Figure[] = [];
for (const [name, text] of Object.entries(COMMANDS)) {
  const p99: Record<"bare" | "regild", number[]> = { bare: [], regild: [] };
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    for (const [server, port] of [
      ["bare", barePort],
      ["regild", hostPort],
    ] as const) {
      const found = await Promise.all(
        Array.from({ length: PARALLEL }, (_, at) => ask(port, text, `${name} ${round} ${at}`)),
      );
      if (round >= WARM_UP) p99[server].push(percentile(found, 0.99));
    }
  }
  const [of, than] = [median(p99.regild), median(p99.bare)];
  measured.push([
    name,
    `${of.toFixed(1)} ms`,
    `${than.toFixed(1)} ms`,
    `${(of / than).toFixed(2)} ×`,
  ]);
  const ratios = p99.regild.map((one, at) => one / (p99.bare[at] ?? Number.NaN));
  figures.push({
    what: `p99 of ${name}, over that of the bare server`,
    measured: of / than,
    unit: "×",
    target: { is: "at most", value: AT_MOST },
    spread: `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  });
}
print(
  `p99 of ${PARALLEL} commands at once, median of ${ROUNDS} rounds, the cloud answers after ${CLOUD_SECONDS} s`,
  [["command", "regild serve", "bare node:http with the same HMAC", "ratio"], ...measured],
);

writeSection({
  name: "chat",
  heading: "Chat commands are acknowledged",
  text: `\`npm run bench:chat\`: ${PARALLEL} commands at once as Slack sends them, to \`regild serve\` and in turns to a bare \`node:http\` server that checks the same HMAC and writes nothing. Runs are under way, and the cloud takes ${CLOUD_SECONDS} s for each answer. The ratios are of medians of ${ROUNDS} rounds. A refresh is acknowledged once its run is on disk.`,
  figures,
});

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

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

function median(values: number[]): number {
  return percentile(values, 0.5);
}
