import { recipeBackend } from "#backend";
import { startScheduled } from "../../shared/protocol/on-schedule.ts";
import { chain } from "../../shared/lambda/chain.ts";

/** Every minute: starts the runs whose time has come since the last tick. */
export const handler = chain(async () => {
  const on = await recipeBackend();
  const started = await startScheduled(on, on.installationId, on.recipes);
  if (started.length > 0) on.log.info("started by schedule", { runs: started });
  return { started };
});
