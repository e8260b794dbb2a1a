import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** What programs that run at once have used, with the processes that they start. */
export interface Used {
  cpuSeconds: number;
  /** Resident, of all of them together. */
  peakMb: number;
  /** Memory times the time for which it was held. */
  mbSeconds: number;
  seconds: number;
}

export interface Command {
  program: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
}

const SAMPLE_MS = 500;
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Process groups of the programs that run now. */
const groups = new Set<number>();

/** Ends every program that runs now, with the processes that it has started. */
export function stopPrograms(): void {
  for (const group of groups) process.kill(-group);
}

/** Runs the programs side by side to their ends. @throws if one fails, with its last lines. */
export async function metered(commands: Command[]): Promise<Used> {
  const beganMs = performance.now();
  const running = new Set(commands);
  const ends = commands.map(async (command) => {
    const { program, args, cwd, env } = command;
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (child.pid !== undefined) groups.add(child.pid);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2_000)));
    const status = await new Promise<number | string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("close", (code, signal) => resolve(code ?? signal ?? "killed"));
    });
    running.delete(command);
    groups.delete(child.pid ?? 0);
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${said}`);
  });
  const all = Promise.allSettled(ends);
  const cpu = new Map<number, number>();
  let [peakMb, mbSeconds, lastMs] = [0, 0, beganMs];
  while (running.size > 0) {
    const { mb, ticks } = sample(groups);
    for (const [pid, used] of ticks) cpu.set(pid, used);
    const nowMs = performance.now();
    mbSeconds += (mb * (nowMs - lastMs)) / 1000;
    peakMb = Math.max(peakMb, mb);
    lastMs = nowMs;
    await Promise.race([sleep(SAMPLE_MS), all]);
  }
  for (const end of await all) if (end.status === "rejected") throw end.reason;
  const ticks = [...cpu.values()].reduce((sum, used) => sum + used, 0);
  const seconds = (performance.now() - beganMs) / 1000;
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMb, mbSeconds, seconds };
}

/** By proc(5): after the name in brackets come the state, the parent, the group; 14 and 15 are CPU time, 24 the pages. */
function sample(groups: ReadonlySet<number>): { mb: number; ticks: Map<number, number> } {
  const ticks = new Map<number, number>();
  let mb = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    } catch {
      continue;
    }
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    if (!groups.has(fields[2] ?? 0)) continue;
    ticks.set(Number(pid), (fields[11] ?? 0) + (fields[12] ?? 0));
    mb += ((fields[21] ?? 0) * PAGE_BYTES) / 1e6;
  }
  return { mb, ticks };
}
