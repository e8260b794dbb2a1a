import { usageError } from "../command-error.ts";
import { SCHEMA } from "../../view/document.ts";
import { runDocument, type RunReport } from "../../view/run-report.ts";
import { statusDocument } from "../../view/status.ts";
import type { App } from "../app.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import type { Remote } from "./remote.ts";
import { runThere, watchThere } from "./watch.ts";

/** `regild refresh` on another host, by the recipes of that host. */
export async function refreshThere(
  app: App,
  remote: Remote,
  names: readonly string[],
  is: {
    all: boolean;
    wait: boolean;
    timeout: number | null;
    input: Record<string, string>;
    evenIfPaused: boolean;
    force: boolean;
  },
): Promise<ExitStatus> {
  if (is.all && names.length > 0) {
    throw usageError("--all and a recipe are both given", "Write one of them");
  }
  const chosen = is.all ? await recipesThere(remote) : [...new Set(names)];
  if (chosen.length === 0) throw usageError("No recipe is named", "Write one or several, or --all");
  const isList = is.all || names.length > 1;
  const runs: RunReport[] = [];
  for (const name of chosen) {
    const path = `/v1/recipes/${encodeURIComponent(name)}/refresh`;
    const body = { inputs: is.input, even_if_paused: is.evenIfPaused, force: is.force };
    const { run } = (await remote.post(path, body, runDocument)).document;
    runs.push(run);
    if (is.wait) app.output.hint(`Run ${run.id}: recipe ${run.recipe} on ${remote.origin}`);
  }
  if (is.wait) {
    const ids = runs.map(({ id }) => id);
    return watchThere(app, remote, ids, { timeoutMs: is.timeout, isList });
  }
  const [first] = runs;
  app.output.answer({
    document:
      isList || first === undefined
        ? { schema: SCHEMA, runs, next: null }
        : { schema: SCHEMA, run: first },
    lines: runs.map((run) => ({ run })),
    text: () =>
      runs.map(
        ({ id, recipe }) => `Run ${id}: recipe ${recipe}. How it stands: regild status ${id}`,
      ),
  });
  return EXIT.done;
}

async function recipesThere(remote: Remote): Promise<string[]> {
  const { recipes } = await remote.get("/v1/recipes", statusDocument);
  return recipes.map(({ recipe }) => recipe);
}

/** `regild cancel` on another host. */
export async function cancelThere(
  app: App,
  remote: Remote,
  name: string,
  { wait, timeout }: { wait: boolean; timeout: number | null },
): Promise<ExitStatus> {
  const path = `/v1/runs/${encodeURIComponent(name)}/cancel`;
  const { document } = await remote.post(path, {}, runDocument);
  const { id } = document.run;
  if (!wait) {
    app.output.answer({
      document,
      text: () => [`Run ${id} is being cancelled. How it stands: regild status ${id}`],
    });
    return EXIT.done;
  }
  const status = await watchThere(app, remote, [id], { timeoutMs: timeout, isList: false });
  if (status === EXIT.cancelled) return EXIT.done;
  if (status !== EXIT.done) return status;
  app.output.hint("Too late: the image was promoted before the cancel was seen.");
  return EXIT.refused;
}

/** `regild watch` on another host. */
export async function watchNamedThere(
  app: App,
  remote: Remote,
  names: readonly string[],
  timeoutMs: number | null,
): Promise<ExitStatus> {
  const ids: string[] = [];
  for (const name of names) ids.push((await runThere(remote, name)).id);
  return watchThere(app, remote, ids, { timeoutMs, isList: names.length > 1 });
}
