import { type Command, Option } from "commander";
import * as z from "zod/mini";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import { type Run } from "../../../shared/run/record.ts";
import { requestCancel } from "../../../shared/protocol/cancel.ts";
import { tooLateToCancel } from "../../../shared/run/too-late.ts";
import { findRun } from "../../view/find-run.ts";
import { runNamed } from "../../view/queries.ts";
import { recipeStateOf } from "../../view/read.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { cancelThere } from "../remote/runs.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { withRecords } from "../with-records.ts";
import { withRunControl, type RunControl } from "../run-control.ts";
import type { Action } from "./action.ts";
import { durationMs } from "./options.ts";
import { endOf } from "./run-end.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  wait: z._default(z.boolean(), false),
  timeout: z._default(z.nullable(z.int()), null),
});

export function addCancel(program: Command, action: Action): void {
  program
    .command("cancel <run>")
    .summary("end a run and undo what it did")
    .description(
      prose(`Ends a run: a stopped server is started again, the half-made image, its snapshots and volumes are
deleted. The run may be named by its recipe, its id or a unique start of that. Once its image has been
promoted it is too late: such a run only goes forward.`),
    )
    .option("--wait", "watch until everything is undone")
    .addOption(
      new Option("--timeout <duration>", "watch so long at most, for example 10m")
        .argParser(durationMs)
        .implies({ wait: true }),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild cancel web
  regild cancel web-20261123-0930 --wait

Exit status: 0 it is being cancelled (with --wait: it was), 6 too late or ended already`,
    )
    .action(
      action(async (app, { args: [name = ""], options }) => {
        const { wait, timeout } = optionsSchema.parse(options);
        if (app.remote !== null) return cancelThere(app, app.remote, name, { wait, timeout });
        const recipes = recipesOrNone(app);
        const run = await withRecords(app, recipes, async (records) => {
          const { run } = await findRun(records, name);
          refuseIfTooLate(run, await recipeStateOf(records.store, run.recipeName));
          return run;
        });
        return withRunControl(app, { recipes, clouds: cloudsOf(app) }, async (control) => {
          await requestCancel(control.backend, run.id, `${app.userName} (cli)`);
          return wait ? watchUndoing(app, control, run.id, timeout) : accepted(app, control, run);
        });
      }),
    );
}

/** @throws CommandError when there is nothing to cancel any more. */
function refuseIfTooLate(run: Run, recipeState: RecipeState | null): void {
  const late = tooLateToCancel(run, recipeState);
  if (late === null) return;
  const remedy = late.isUndoing ? `Watch it: regild status ${run.id}` : null;
  throw new CommandError(late.message, { status: EXIT.refused, code: "too-late", remedy });
}

async function accepted(app: App, { backend, workers }: RunControl, run: Run) {
  const { store } = backend;
  const document = await runNamed({ store, recipes: new Map(), now: app.now }, run.id);
  app.output.answer({
    document,
    text: () => [`Run ${run.id} is being cancelled. How it stands: regild status ${run.id}`],
  });
  if (!workers.isNeeded()) return EXIT.done;
  app.output.hint(
    `No host runs on ${app.storage.name}: it is undone once one does. Start one: regild serve. Or do it here: regild cancel ${run.id} --wait`,
  );
  return EXIT.done;
}

async function watchUndoing(
  app: App,
  control: RunControl,
  runId: string,
  timeoutMs: number | null,
): Promise<ExitStatus> {
  if (await control.workers.takeOver()) {
    app.output.hint(`No host runs on ${app.storage.name}: this command does the work itself.`);
  }
  const watched = await watchToEnd(app, control, [runId], timeoutMs);
  const status = await endOf(app, control, watched);
  if (status === EXIT.cancelled) return EXIT.done;
  if (status !== EXIT.done) return status;
  app.output.hint("Too late: the image was promoted before the cancel was seen.");
  return EXIT.refused;
}
