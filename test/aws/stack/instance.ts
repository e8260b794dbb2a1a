import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import type { CpuTime, Invocation, Report } from "./messages.ts";

const RUNTIME = fileURLToPath(new URL("runtime.ts", import.meta.url));

const error = z.object({ name: z.string(), message: z.string() });
const spent = { residentBytes: z.number(), cpuMs: z.number(), loadCpuMs: z.number() };
const reportSchema: z.ZodMiniType<Report> = z.union([
  z.object({ result: z.unknown(), ...spent }),
  z.object({ error, ...spent }),
]);

export interface InstanceSettings {
  taskRoot: string;
  environment: Record<string, string>;
  memoryMib: number;
  timeoutMs: number;
  /** Of the stack's clock, at the start. */
  nowMs: number;
  /** Each line that the function writes. */
  log: (line: string) => void;
}

/** A function that broke off, timed out, or threw: what the caller is told. */
export class FunctionError extends Error {}

/** One process that a function runs in, one event after another. */
export class Instance {
  /** The most that it has ever held after an invocation. */
  residentMib = 0;
  /** Of the last event. */
  cpuTime: CpuTime = { cpuMs: 0, loadCpuMs: 0 };
  private readonly settings: InstanceSettings;
  private readonly child: ChildProcess;
  private readonly gone: Promise<unknown>;

  constructor(settings: InstanceSettings) {
    this.settings = settings;
    const { taskRoot, environment, memoryMib, nowMs, log } = settings;
    this.child = fork(RUNTIME, [String(nowMs)], {
      cwd: taskRoot,
      env: environment,
      execArgv: [`--max-old-space-size=${Math.floor(memoryMib * 0.9)}`],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) log(line);
      });
    }
    this.gone = once(this.child, "close");
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && !this.child.killed;
  }

  /** @throws FunctionError */
  async invoke(invocation: Invocation): Promise<unknown> {
    const { timeoutMs, memoryMib } = this.settings;
    using undo = new DisposableStack();
    const report = new Promise<Report>((resolve, reject) => {
      const answered = (message: unknown) => resolve(reportSchema.parse(message));
      const exited = (code: number | null, signal: string | null) =>
        reject(new FunctionError(`the process ended (${signal ?? code}) before its answer`));
      const timer = setTimeout(() => {
        reject(new FunctionError(`Task timed out after ${timeoutMs / 1000} seconds`));
        this.child.kill("SIGKILL");
      }, timeoutMs);
      this.child.once("message", answered).once("exit", exited);
      undo.defer(() => {
        clearTimeout(timer);
        this.child.off("message", answered).off("exit", exited);
      });
      if (this.alive) this.child.send(invocation);
      else exited(this.child.exitCode, this.child.signalCode);
    });
    const told = await report;
    this.residentMib = Math.max(this.residentMib, told.residentBytes / 2 ** 20);
    this.cpuTime = { cpuMs: told.cpuMs, loadCpuMs: told.loadCpuMs };
    if (this.residentMib > memoryMib) {
      this.child.kill("SIGKILL");
      throw new FunctionError(`out of memory: ${this.residentMib.toFixed(0)} MiB`);
    }
    if ("error" in told) throw new FunctionError(`${told.error.name}: ${told.error.message}`);
    return told.result;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    this.kill();
    await this.gone;
  }
}
