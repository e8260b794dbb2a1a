import type { Stage } from "../../../local/demo/refresh-all.ts";
import { load } from "../../../shared/protocol/actor.ts";
import { start } from "../../../shared/protocol/start.ts";
import { type Run, runSchema } from "../../../shared/run/record.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import type { Stack } from "./stack.ts";

type StackStage = Stage & { stack: Stack };

/** @returns the run's id. */
export async function startRun({ backend }: Stage, recipeName: string): Promise<string> {
  const recipe = backend.recipes.get(recipeName);
  if (recipe === undefined) throw new Error(`the demo has no recipe ${recipeName}`);
  const trigger = { kind: "command", by: "test", id: backend.ids.short() } as const;
  return start(backend, backend.installationId, recipe, trigger);
}

export async function runAt({ backend }: Stage, id: string): Promise<Run & { version: number }> {
  const actor = await load(backend.store, runKey(id), runSchema);
  if (actor === null) throw new Error(`${id} has no record`);
  return { ...actor.doc, version: actor.version };
}

export async function untilRun(
  stage: StackStage,
  id: string,
  isThere: (run: Run) => boolean,
  is = { withinMinutes: 10 },
): Promise<Run & { version: number }> {
  await stage.stack.until(async () => isThere(await runAt(stage, id)), is);
  return runAt(stage, id);
}
