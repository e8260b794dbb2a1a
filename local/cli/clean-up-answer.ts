import type { CleanUpDocument } from "../view/clean-up.ts";
import type { App } from "./app.ts";
import { CommandError } from "./command-error.ts";
import { confirm } from "./confirm.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import { cleanUpSheet, cleanUpText } from "./text/clean-up.ts";

/** Prints a plan, or what came of it. */
export function answerCleanUp(app: App, document: CleanUpDocument): void {
  const { done } = document;
  app.output.answer({
    document,
    lines: document.rows.map((row) => ({ row })),
    sheet: () => cleanUpSheet(document.rows),
    text: (_paint, width) =>
      done === null
        ? cleanUpText(document, width)
        : [`${done.deleted.length} deleted, ${document.freed_gib} GiB freed.`],
  });
}

/** @throws CommandError: nobody is there to answer, or the answer is no. */
export async function mayDelete(app: App, plan: string): Promise<void> {
  const { output } = app;
  if (output.format !== "table" || !process.stdin.isTTY || !output.err.isTTY) {
    throw new CommandError("Nothing was deleted: nobody is there to answer", {
      status: EXIT.refused,
      code: "not-confirmed",
      remedy: `Do it: regild clean-up --plan ${plan}. Or without a look at it: --yes`,
    });
  }
  await confirm(app, "Delete these?");
}

export function hintToApply(app: App, plan: string): void {
  app.output.hint(`To do it, within a day: regild clean-up --plan ${plan}`);
}

/** @returns the exit status of a clean-up that was carried out. */
export function endOfCleanUp(app: App, document: CleanUpDocument): ExitStatus {
  answerCleanUp(app, document);
  const remaining = document.done?.remaining ?? [];
  if (remaining.length === 0) return EXIT.done;
  app.output.hint(`Not gone yet: ${remaining.join(", ")}. A host goes on with them: regild serve`);
  return EXIT.goesOn;
}
