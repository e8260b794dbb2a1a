import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import type { Backend } from "../../shared/lambda/backend.ts";
import type { Store } from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import { start } from "../../shared/protocol/start.ts";
import { runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import type { Progress } from "../progress/progress.ts";
import type { Watched } from "../progress/watched.ts";
import type { SimulatedCloud } from "../simulated-cloud/cloud.ts";

/** What the demo is driven on: functions that work for these recipes, on one machine or elsewhere, and their cloud. */
export interface Stage {
  cloud: SimulatedCloud;
  backend: Pick<Backend, "store" | "queue" | "ids" | "now" | "installationId" | "recipes">;
  /** Until it is worth looking again. @throws AbortError. */
  pause: (signal: AbortSignal) => Promise<void>;
}

/** Many times what it takes; a demo that stands still says so. */
const GIVE_UP_MS = 60_000;

/** Starts a run of every recipe, and shows them all until they have ended. @throws AbortError. */
export async function refreshAll(
  { backend, pause }: Stage,
  progress: Progress,
  signal: AbortSignal,
): Promise<Watched[]> {
  const runIds: string[] = [];
  for (const recipe of backend.recipes.values()) {
    const trigger = { kind: "command", by: "demo", id: backend.ids.short() } as const;
    runIds.push(await start(backend, backend.installationId, recipe, trigger));
  }
  const giveUpAtMs = backend.now() + GIVE_UP_MS;
  try {
    for (;;) {
      const watched = await Promise.all(runIds.map((id) => observe(backend.store, id)));
      progress.update(watched, backend.now());
      const ended = watched.every(({ run }) => run.outcome !== null);
      if (ended || backend.now() > giveUpAtMs) return watched;
      await pause(signal);
    }
  } finally {
    progress.end();
  }
}

async function observe(store: Store, runId: string): Promise<Watched> {
  const run = await load(store, runKey(runId), runSchema);
  if (run === null) throw new Error(`${runId} has no record`);
  const recipeState = await load(store, recipeStateKey(run.doc.recipeName), recipeStateSchema);
  return { run: run.doc, recipeState: recipeState?.doc ?? null };
}
