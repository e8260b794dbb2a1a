import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { programOf } from "../../program-of.ts";

/** This checkout. */
export const OWN_CHECKOUT = fileURLToPath(new URL("../../..", import.meta.url));

/** `regild serve` as a process of its own, which is killed and started again. Its log goes on in one file. */
export class KilledHost {
  /** How often it was started, and how long until it served, in seconds. */
  readonly starts: number[] = [];
  private readonly folder: string;
  private readonly cloudsFile: string;
  private readonly program: string;
  private child: ChildProcess | null = null;
  private served: Promise<void> = Promise.resolve();

  /** @param folder with `recipes.yml`; the data file is made in it. */
  constructor(folder: string, cloudsFile: string, checkout = OWN_CHECKOUT) {
    this.folder = folder;
    this.cloudsFile = cloudsFile;
    this.program = programOf(checkout);
    process.on("exit", () => this.child?.kill("SIGKILL"));
  }

  get dataFile(): string {
    return join(this.folder, "regild.sqlite");
  }

  private get logFile(): string {
    return join(this.folder, "host.log");
  }

  /** Comes back at once, long before it serves. */
  start(): void {
    const startedAtMs = Date.now();
    // Node itself, not by way of a shell: what is killed is the host.
    const child = spawn(process.execPath, [this.program, "serve", "--listen", "127.0.0.1:0"], {
      cwd: this.folder,
      env: { ...process.env, OS_CLIENT_CONFIG_FILE: this.cloudsFile, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // Ctrl-C is for who kills it
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.served = promise;
    const note = (chunk: Buffer): void => {
      appendFileSync(this.logFile, chunk);
      if (!String(chunk).includes('"serving"')) return;
      this.starts.push((Date.now() - startedAtMs) / 1000);
      resolve();
    };
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    child.on("exit", (status) => {
      if (status !== null) throw new Error(`regild serve ended with ${status}: ${this.logFile}`);
    });
    this.child = child;
  }

  /** Comes back once it serves: on a busy machine, seconds after its start. */
  serving(): Promise<void> {
    return this.served;
  }

  /** SIGKILL; comes back once the process is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** What it told of as an error, each once. */
  errors(): string[] {
    const lines = readFileSync(this.logFile, "utf8").split("\n");
    const errors = lines.filter((line) => line.includes('"level":"ERROR"'));
    return [...new Set(errors.map((line) => line.replace(/"timestamp":"[^"]*"/, "")))];
  }
}
