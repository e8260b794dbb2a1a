import { type Command, Option } from "commander";
import * as z from "zod/mini";
import { answerApproval, refusalOf } from "../../../shared/commands/approve.ts";
import { viewApproval } from "../../view/approval.ts";
import { findRun } from "../../view/find-run.ts";
import { runNamed } from "../../view/queries.ts";
import type { RunRecord } from "../../view/run.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { CommandError, usageError } from "../command-error.ts";
import { confirm } from "../confirm.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { answerThere } from "../remote/approve.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { type RunControl, withRunControl } from "../run-control.ts";
import { comparisonText } from "../text/approval.ts";
import { watchToEnd } from "../watch-to-end.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { durationMs } from "./options.ts";
import { prose } from "./prose.ts";
import { endOf } from "./run-end.ts";

const optionsSchema = z.object({
  reason: z._default(z.nullable(z.string()), null),
  yes: z._default(z.boolean(), false),
  wait: z._default(z.boolean(), false),
  timeout: z._default(z.nullable(z.int()), null),
});

const EXIT_TEXT = `Exit status: 0 it is done (with --wait: the run has ended so), 4 you said no, 6 the run does not wait for an answer`;

export function addApprove(program: Command, action: Action): void {
  withOptions(
    program
      .command("approve <run>")
      .summary("let a candidate become the current image")
      .description(
        prose(`Answers a run of a recipe with promote: approve that waits for a person. Shows the candidate beside the
current image, asks once more, and lets the run go on: the image becomes current. The run may be named by its recipe,
its id or a unique start of that.`),
      )
      .option("--reason <text>", "why, for whoever reads the run's report"),
  )
    .addHelpText(
      "after",
      `
Examples:
  regild approve web
  regild approve web-20261123-0930 --yes --wait
  regild status web -o json | jq .run.approval.differences

${EXIT_TEXT}`,
    )
    .action(
      action((app, { args: [name = ""], options }) => answer(app, name, "approved", options)),
    );
}

export function addReject(program: Command, action: Action): void {
  withOptions(
    program
      .command("reject <run>")
      .summary("have a candidate deleted")
      .description(
        prose(`Answers a run that waits for a person with no: its image is deleted, the current image stays, and the run
ends as failed with the code rejected.`),
      )
      .requiredOption("--reason <text>", "required: why, for the run's report"),
  )
    .addHelpText(
      "after",
      `
Examples:
  regild reject web --reason "the service does not start"
  regild reject web-20261123-0930 --reason "wrong kernel" --yes --wait

${EXIT_TEXT}`,
    )
    .action(
      action((app, { args: [name = ""], options }) => answer(app, name, "rejected", options)),
    );
}

function withOptions(command: Command): Command {
  return command
    .option("-y, --yes", "do not ask; without a terminal, nobody is asked anyway")
    .option("--wait", "watch until the run has ended; without a host, this command does the work")
    .addOption(
      new Option("--timeout <duration>", "watch so long at most, for example 10m")
        .argParser(durationMs)
        .implies({ wait: true }),
    );
}

type Kind = "approved" | "rejected";

async function answer(app: App, name: string, kind: Kind, options: unknown): Promise<ExitStatus> {
  const { reason, yes, wait, timeout } = optionsSchema.parse(options);
  if (kind === "rejected" && (reason ?? "").trim() === "")
    throw usageError("--reason is empty", "Say why, in a few words");
  if (app.remote !== null) {
    return answerThere(app, app.remote, name, { kind, reason, yes, wait, timeout });
  }
  const recipes = recipesOrNone(app);
  const record = await withRecords(app, recipes, (records) => findRun(records, name));
  const { run } = record;
  refuseUnlessWaiting(app, record);
  app.output.hint(...comparisonOf(app, record));
  const verb = kind === "approved" ? "Make it the current image" : "Delete it";
  if (!yes) await confirm(app, `${verb}, for ${run.recipeName}?`);
  return withRunControl(app, { recipes, clouds: cloudsOf(app) }, async (control) => {
    const by = `${app.userName} (cli)`;
    const answered = await answerApproval(control.backend, run.id, { kind, by, reason });
    if ("refused" in answered) throw refused(answered.refused, run.id);
    return wait ? watch(app, control, run.id, kind, timeout) : accepted(app, control, run.id, kind);
  });
}

function comparisonOf({ now }: App, { run }: RunRecord): string[] {
  const approval = viewApproval(run);
  const candidate = run.imageName ?? run.candidate?.creationName ?? "";
  if (approval === null) return [];
  const id = `Candidate ${candidate}, id ${run.candidate?.id ?? ""}, of run ${run.id}`;
  return [id, ...comparisonText(approval, candidate, now())];
}

/** @throws CommandError */
function refuseUnlessWaiting({ now }: App, { run, cancelAtMs }: RunRecord): void {
  const why = refusalOf(run, { isCancelled: cancelAtMs !== null, nowMs: now() });
  if (why !== null) throw refused(why, run.id);
}

function refused(why: string, runId: string): CommandError {
  return new CommandError(why, {
    status: EXIT.refused,
    code: "not-waiting",
    remedy: `How the run stands: regild status ${runId}`,
  });
}

async function accepted(
  app: App,
  { backend, workers }: RunControl,
  runId: string,
  kind: Kind,
): Promise<ExitStatus> {
  const records = { store: backend.store, recipes: new Map(), now: app.now };
  const what = kind === "approved" ? "its image becomes current" : "its image is being deleted";
  app.output.answer({
    document: await runNamed(records, runId),
    text: () => [`Run ${runId} is ${kind}: ${what}. How it stands: regild status ${runId}`],
  });
  if (workers.isNeeded()) {
    app.output.hint(
      `No host runs on ${app.storage.name}: the run goes on once one does. Start one: regild serve. Or let a command do the work: regild refresh ${runId.slice(0, -"-20261123-093012-k3f9q2".length)} --wait`,
    );
  }
  return EXIT.done;
}

async function watch(
  app: App,
  control: RunControl,
  runId: string,
  kind: Kind,
  timeoutMs: number | null,
): Promise<ExitStatus> {
  if (await control.workers.takeOver())
    app.output.hint(`No host runs on ${app.storage.name}: this command does the work itself.`);
  const status = await endOf(app, control, await watchToEnd(app, control, [runId], timeoutMs));
  return kind === "rejected" && status === EXIT.runFailed ? EXIT.done : status;
}
