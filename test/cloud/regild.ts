import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { openLoaded } from "../../local/cli/clouds.ts";
import { loadClouds } from "../../local/clouds-files.ts";
import { Host } from "../../local/host.ts";
import { openInstallation } from "../../local/installation.ts";
import type { Log } from "../../shared/ports.ts";
import { load } from "../../shared/protocol/actor.ts";
import { start } from "../../shared/protocol/start.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { report } from "./run-report.ts";
import { until } from "./support.ts";

/** Regild's host in this process, for one recipe, with its data in memory: what `regild serve` runs. */
export interface Regild {
  /** @returns the run's id. */
  start(): Promise<string>;
  /** The run, once `when` holds of it. */
  runWhen(id: string, what: string, when: (run: Run) => boolean): Promise<Run>;
  /** The run at its end, whatever that is. */
  ended(id: string): Promise<Run>;
  /** A whole run. */
  refresh(): Promise<Run>;
  cancel(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Longer than any run of these tests, its undoing included. */
const RUN_SECONDS = 600;

/** @param one recipe, as in recipes.yml. */
export async function openRegild(one: Record<string, object>): Promise<Regild> {
  const recipe = theOnly(one);
  const installation = await openInstallation({
    dataFile: ":memory:",
    clouds: openLoaded(loadClouds({ env: process.env, cwd: "/", home: homedir() }), Date.now),
    recipes: new Map([[recipe.name, recipe]]),
    log: PROBLEMS_ONLY,
  });
  const { backend, store } = installation;
  const host = await Host.start(installation);

  const runNow = async (id: string): Promise<Run> => {
    const actor = await load(store, runKey(id), runSchema);
    if (actor === null) throw new Error(`there is no run ${id}`);
    return actor.doc;
  };
  const runWhen: Regild["runWhen"] = async (id, what, when) => {
    const observe = async (): Promise<Run | null> => {
      const run = await runNow(id);
      if (when(run)) return run;
      if (run.outcome !== null) throw new Error(`the run ended before: ${what}`);
      return null;
    };
    try {
      return await until(what, observe, RUN_SECONDS);
    } catch (error) {
      throw new Error(report(await runNow(id)), { cause: error });
    }
  };
  const startRun = (): Promise<string> =>
    start(backend, backend.installationId, recipe, {
      kind: "command",
      by: "tests",
      id: randomUUID(),
    });
  const ended = (id: string): Promise<Run> =>
    runWhen(id, "the end of the run", ({ outcome }) => outcome !== null);
  return {
    start: startRun,
    runWhen,
    ended,
    refresh: async () => ended(await startRun()),
    cancel: (id) => store.mark(runKey(id), { cancelAtMs: Date.now(), sweepAtMs: Date.now() }),
    close: async () => {
      await host.stop();
      installation.close();
    },
  };
}

function theOnly(recipes: Record<string, object>): Recipe {
  const loaded = loadRecipes(JSON.stringify({ recipes }), "recipes.yml"); // JSON is YAML
  const [recipe] = "recipes" in loaded ? [...loaded.recipes.values()] : [];
  if (recipe === undefined)
    throw new Error(`the test's recipe is wrong: ${JSON.stringify(loaded)}`);
  return recipe;
}

const PROBLEMS_ONLY: Log = {
  info: () => {},
  warn: (message, fields) => console.warn(message, fields ?? ""),
  error: (message, fields) => console.error(message, fields ?? ""),
};
