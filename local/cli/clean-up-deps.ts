import type { CleanUpDeps } from "../../shared/commands/clean-up/make-plan.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { LOCAL_TIMING } from "../installation.ts";
import type { App } from "./app.ts";
import { cloudsOf, openLoaded } from "./clouds.ts";
import { needDataFile } from "./data-file.ts";
import { withRunControl } from "./run-control.ts";

/** Store, clouds and queue for a command that reads the clouds itself. @throws CommandError where there is no data file. */
export function withCleanUp<Result>(
  app: App,
  recipes: ReadonlyMap<string, Recipe>,
  work: (deps: CleanUpDeps) => Promise<Result>,
): Promise<Result> {
  if (app.storage.kind === "file") needDataFile(app);
  const loaded = cloudsOf(app);
  return withRunControl(app, { recipes, clouds: loaded }, ({ backend, warnings }) =>
    work({
      ...backend,
      clouds: openLoaded(loaded, app.now),
      timing: LOCAL_TIMING,
      log: warnings.log,
    }),
  );
}
