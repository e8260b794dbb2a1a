import type { Command } from "commander";
import * as z from "zod/mini";
import { retryDeadLetter, planRetry } from "../../../shared/protocol/retry-dead-letter.ts";
import { takeHostLock } from "../../host-lock.ts";
import { randomIds } from "../../ids.ts";
import {
  deadLetterNamed,
  type DeadLetterRecord,
  deadLettersOf,
  type RetryView,
  viewDeadLetters,
  viewRetry,
} from "../../view/dead-letters.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { usageError } from "../command-error.ts";
import { withStorage, withRecords } from "../with-records.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import {
  deadLettersSheet,
  deadLettersText,
  retriedSheet,
  retriedText,
} from "../text/dead-letters.ts";
import type { Action } from "./action.ts";
import { columnOption } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  all: z._default(z.boolean(), false),
  dryRun: z._default(z.boolean(), false),
});

export function addRetry(program: Command, action: Action): void {
  program
    .command("retry [ids...]")
    .alias("redrive")
    .summary("list messages that Regild could not process, or send them again")
    .description(
      prose(`Without a name, lists the messages of the last two weeks that nobody could process. Says what each was
about, what Regild did then, and the error to name when you report the mistake. With names, sends a new message for
each of those records: a worker reads the record again and goes on from there. Do so once the cause is fixed.
A run that has ended gets no message. Start a new run instead.`),
    )
    .addOption(columnOption())
    .option("--all", "send all that are stuck again, and put back what is not Regild's")
    .option("--dry-run", "say what would be sent or put back, and do nothing")
    .addHelpText(
      "after",
      `
Examples:
  regild retry                            what there is
  regild retry web-20261123-0930          a run, by a unique start of its id
  regild retry --all --dry-run

Exit status: 0 listed, sent or put back, 2 no such dead letter, 6 one that was named can be neither`,
    )
    .action(
      action(async (app, { args, options }) => {
        const { all, dryRun } = optionsSchema.parse(options);
        if (all && args.length > 0) {
          throw usageError("--all and names say two things", "Name dead letters, or write --all");
        }
        if (all || args.length > 0) return putBack(app, await chosen(app, args), dryRun);
        if (dryRun) {
          throw usageError(
            "--dry-run of what?",
            "Name dead letters, or write --all. Without either, regild retry only lists",
          );
        }
        return list(app);
      }),
    );
}

async function list(app: App): Promise<ExitStatus> {
  const records = await deadLettersIn(app);
  const document = viewDeadLetters(records);
  app.output.answer({
    document,
    lines: document.dead_letters.map((deadLetter) => ({ dead_letter: deadLetter })),
    sheet: (paint) => deadLettersSheet(document.dead_letters, app.now(), paint),
    text: (paint, width) => deadLettersText(document.dead_letters, app.now(), paint, width),
  });
  const stuck = records.filter(({ standing }) => standing === "stuck");
  if (stuck.some(({ deadLetter }) => deadLetter.done === "unreadable")) {
    app.output.hint(
      "A record that this version cannot read is of another one, or damaged: use the version that wrote it, or a copy of the data file.",
    );
  }
  if (stuck.length > 0) {
    app.output.hint("Once the cause is fixed: regild retry --all, or by name.");
  }
  return EXIT.done;
}

function deadLettersIn(app: App): Promise<DeadLetterRecord[]> {
  return withRecords(app, new Map(), ({ store, now }) => deadLettersOf(store, now()));
}

/** Named ones whatever became of them; of all, those that it is of use for. */
async function chosen(app: App, names: string[]): Promise<DeadLetterRecord[]> {
  const records = await deadLettersIn(app);
  if (names.length > 0) return [...new Set(names.map((name) => deadLetterNamed(records, name)))];
  return records.filter(
    ({ standing, deadLetter }) =>
      standing === "stuck" || (standing === "not_ours" && deadLetter.queue !== null),
  );
}

async function putBack(
  app: App,
  records: DeadLetterRecord[],
  dryRun: boolean,
): Promise<ExitStatus> {
  const retried = dryRun
    ? records.map(({ deadLetter, item }) => viewRetry(deadLetter, planRetry(deadLetter, item)))
    : await send(app, records);
  app.output.answer({
    document: { schema: SCHEMA, dry_run: dryRun, retried },
    lines: retried.map((retry) => ({ retry, dry_run: dryRun })),
    sheet: () => retriedSheet(retried),
    text: (paint) => retriedText(retried, dryRun, paint),
  });
  if (!dryRun && retried.some(({ action }) => action !== "refuse")) warnIfNobodyWorks(app);
  return retried.some(({ action }) => action === "refuse") ? EXIT.refused : EXIT.done;
}

async function send(app: App, records: DeadLetterRecord[]): Promise<RetryView[]> {
  if (records.length === 0) return [];
  return withStorage(app, async ({ store, queue }) => {
    const deps = { store, queue, ids: randomIds, now: app.now };
    const retried: RetryView[] = [];
    for (const { deadLetter } of records) {
      const done = await retryDeadLetter(deps, deadLetter, (name, body) =>
        queue.putBack(name, body),
      );
      retried.push(viewRetry(deadLetter, done));
    }
    return retried;
  });
}

function warnIfNobodyWorks({ storage, output }: App): void {
  if (storage.kind === "aws") return;
  const letGo = takeHostLock(storage.name);
  if (letGo === null) return;
  letGo();
  output.hint(
    `No host runs on ${storage.name}: it is taken up once one does. Start one: regild serve`,
  );
}
