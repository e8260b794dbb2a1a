import { isHostLocked } from "../host-lock.ts";
import type { App } from "./app.ts";
import { FUNCTIONS, POLL_MS, type WatchControl, type Workers } from "./run-control.ts";
import { Warnings } from "./warnings.ts";
import { withStorage } from "./with-records.ts";

/** For who watches and does no work. @throws CommandError where there is no data file. */
export async function withOnlooking<Result>(
  app: App,
  work: (control: WatchControl) => Promise<Result>,
): Promise<Result> {
  const warnings = new Warnings();
  const { kind, name } = app.storage;
  const workers = kind === "aws" ? FUNCTIONS : onlooker(name, warnings);
  if (kind === "aws") app.output.hint(`On AWS, table ${name}:`);
  return withStorage(app, ({ store }) =>
    work({ backend: { store }, workers, warnings, pollMs: POLL_MS[kind] }),
  );
}

const PROBE_MS = 2_000;
/** A host that is started again takes less. */
const ABSENT_AFTER_MS = 5_000;

/** Warns once, when no host has worked for a while, and leaves the work alone. */
function onlooker(dataFile: string, { log }: Warnings): Workers {
  let absentSinceMs: number | null = null;
  let nextProbeMs = 0;
  return {
    isWorking: false,
    isNeeded: () => !isHostLocked(dataFile),
    takeOver: async () => false,
    takeOverIfAbandoned: async (nowMs) => {
      if (nowMs < nextProbeMs) return false;
      nextProbeMs = nowMs + PROBE_MS;
      absentSinceMs = isHostLocked(dataFile) ? null : (absentSinceMs ?? nowMs);
      if (absentSinceMs !== null && nowMs >= absentSinceMs + ABSENT_AFTER_MS) {
        log.warn(`no host works on ${dataFile}, so nothing goes on. Start one: regild serve`);
      }
      return false;
    },
    stop: async () => {},
  };
}
