import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/** Longest wait at the close for a checkpoint that is under way. */
const CLOSES_WITHIN_MS = 5_000;

/**
 * A thread with a connection of its own, which moves committed pages from the journal into the data file. Writers go on
 * meanwhile. Source: sqlite.org/wal.html, "Checkpointing": writers and a checkpoint do not wait for each other.
 */
export class CheckpointThread {
  private readonly worker: Worker;
  private readonly closed = new Int32Array(new SharedArrayBuffer(4));

  /** @param is `moved`: called after each checkpoint. `failed`: called once; the thread has ended then. */
  constructor(path: string, is: { moved: () => void; failed: () => void }) {
    const url = pathToFileURL(resolve(path));
    // Makes no file in place of one that was deleted. Source: sqlite.org/uri.html
    url.searchParams.set("mode", "rw");
    this.worker = new Worker(`(${work.toString()})(${JSON.stringify(url.href)})`, {
      eval: true,
      workerData: this.closed,
      execArgv: ["--disable-warning=ExperimentalWarning"],
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    this.worker.unref();
    this.worker.on("message", is.moved);
    this.worker.on("error", is.failed);
  }

  /** Begins a checkpoint, after the one that is under way. */
  begin(): void {
    this.worker.postMessage("checkpoint");
  }

  /** Waits until the thread has let go of the data file. */
  close(): void {
    this.worker.postMessage("close");
    Atomics.wait(this.closed, 0, 0, CLOSES_WITHIN_MS);
  }
}

/** Runs in the thread. It goes there as text, because a bundle has no file for it, and so it uses nothing of this module. */
function work(url: string): void {
  const threads = process.getBuiltinModule("node:worker_threads");
  const { parentPort } = threads;
  const closed: unknown = threads.workerData;
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const letGo = (): void => {
    if (!(closed instanceof Int32Array)) return;
    Atomics.store(closed, 0, 1);
    Atomics.notify(closed, 0);
  };
  process.on("uncaughtExceptionMonitor", letGo);
  const db = new DatabaseSync(new URL(url));
  db.exec("PRAGMA synchronous = FULL");
  parentPort?.on("message", (asked) => {
    if (asked === "checkpoint") {
      db.exec("PRAGMA wal_checkpoint(PASSIVE)");
      parentPort.postMessage("moved");
      return;
    }
    db.close();
    letGo();
    parentPort.close();
  });
}
