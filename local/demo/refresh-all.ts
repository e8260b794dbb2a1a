import { setTimeout as sleep } from "node:timers/promises";
import { headKey, headSchema } from "../../shared/image/head.ts";
import type { Store } from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import { start } from "../../shared/protocol/start.ts";
import { runKey, runSchema } from "../../shared/run/record.ts";
import { randomIds } from "../ids.ts";
import type { Installation } from "../installation.ts";
import { openProgress } from "../progress/progress.ts";
import type { Watched } from "../progress/watched.ts";

const LOOK_MS = 100;
/** Many times what it takes; a demo that stands still says so. */
const GIVE_UP_MS = 60_000;

/** Starts a run of every recipe, and shows them all until they have ended. @throws AbortError. */
export async function refreshAll(
  { backend }: Installation,
  err: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<Watched[]> {
  const runIds: string[] = [];
  for (const recipe of backend.recipes.values()) {
    const trigger = { kind: "command", by: "demo", id: randomIds.short() } as const;
    runIds.push(await start(backend, backend.home, recipe, trigger));
  }
  const giveUpAtMs = backend.now() + GIVE_UP_MS;
  const progress = openProgress(err);
  try {
    for (;;) {
      const watched = await Promise.all(runIds.map((id) => look(backend.store, id)));
      progress.update(watched, backend.now());
      const ended = watched.every(({ run }) => run.outcome !== null);
      if (ended || backend.now() > giveUpAtMs) return watched;
      await sleep(LOOK_MS, undefined, { signal });
    }
  } finally {
    progress.end();
  }
}

async function look(store: Store, runId: string): Promise<Watched> {
  const run = await load(store, runKey(runId), runSchema);
  if (run === null) throw new Error(`${runId} has no record`);
  const head = await load(store, headKey(run.doc.recipeName), headSchema);
  return { run: run.doc, head: head?.doc ?? null };
}
