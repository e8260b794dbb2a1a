import type { Command } from "commander";
import * as z from "zod/mini";
import { redrive, redriveOf } from "../../../shared/protocol/redrive.ts";
import { takeHostLock } from "../../host-lock.ts";
import { randomIds } from "../../ids.ts";
import {
  letterNamed,
  type LetterRecord,
  lettersOf,
  type RedriveView,
  viewLetters,
  viewRedrive,
} from "../../view/dead-letters.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { usageError } from "../command-error.ts";
import { withStorage, withRecords } from "../with-records.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import {
  deadLettersSheet,
  deadLettersText,
  redrivenSheet,
  redrivenText,
} from "../text/dead-letters.ts";
import type { Action } from "./action.ts";
import { columnOption } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  all: z._default(z.boolean(), false),
  dryRun: z._default(z.boolean(), false),
});

export function addRedrive(program: Command, action: Action): void {
  program
    .command("redrive [letters...]")
    .summary("messages nobody could process: list them, or put them back")
    .description(
      prose(`Without a name, lists the messages of the last two weeks that nobody could process: what each was
about, what was done then, and the error that a report of the mistake should name. With names, puts
those back: the record is looked at once more, as it stands now. Do it once the cause is mended. A run
that has ended is not put back; a new one does its work.`),
    )
    .addOption(columnOption())
    .option("--all", "put back all that are stuck, and what is not Regild's")
    .option("--dry-run", "say what would be put back, and do nothing")
    .addHelpText(
      "after",
      `
Examples:
  regild redrive                            what there is
  regild redrive web-20261123-0930          a run, by a unique start of its id
  regild redrive --all --dry-run

Exit status: 0 listed or put back, 2 no such letter, 6 one that was named cannot be put back`,
    )
    .action(
      action(async (app, { args, options }) => {
        const { all, dryRun } = optionsSchema.parse(options);
        if (all && args.length > 0) {
          throw usageError("--all and names say two things", "Name letters, or write --all");
        }
        if (all || args.length > 0) return putBack(app, await chosen(app, args), dryRun);
        if (dryRun) {
          throw usageError(
            "--dry-run of what?",
            "Name letters, or write --all. Without either, regild redrive only lists",
          );
        }
        return list(app);
      }),
    );
}

async function list(app: App): Promise<ExitStatus> {
  const records = await lettersIn(app);
  const document = viewLetters(records);
  app.output.answer({
    document,
    lines: document.dead_letters.map((letter) => ({ dead_letter: letter })),
    sheet: (paint) => deadLettersSheet(document.dead_letters, app.now(), paint),
    text: (paint, width) => deadLettersText(document.dead_letters, app.now(), paint, width),
  });
  const stuck = records.filter(({ standing }) => standing === "stuck");
  if (stuck.some(({ letter }) => letter.done === "unreadable")) {
    app.output.hint(
      "A record that this version cannot read is of another one, or damaged: use the version that wrote it, or a copy of the data file.",
    );
  }
  if (stuck.length > 0) {
    app.output.hint("Once the cause is mended: regild redrive --all, or by name.");
  }
  return EXIT.done;
}

function lettersIn(app: App): Promise<LetterRecord[]> {
  return withRecords(app, new Map(), ({ store, now }) => lettersOf(store, now()));
}

/** Named ones whatever became of them; of all, those that it is of use for. */
async function chosen(app: App, names: string[]): Promise<LetterRecord[]> {
  const records = await lettersIn(app);
  if (names.length > 0) return [...new Set(names.map((name) => letterNamed(records, name)))];
  return records.filter(
    ({ standing, letter }) =>
      standing === "stuck" || (standing === "not_ours" && letter.queue !== null),
  );
}

async function putBack(app: App, records: LetterRecord[], dryRun: boolean): Promise<ExitStatus> {
  const redriven = dryRun
    ? records.map(({ letter, item }) => viewRedrive(letter, redriveOf(letter, item)))
    : await send(app, records);
  app.output.answer({
    document: { schema: SCHEMA, dry_run: dryRun, redriven },
    lines: redriven.map((redrive) => ({ redrive, dry_run: dryRun })),
    sheet: () => redrivenSheet(redriven),
    text: (paint) => redrivenText(redriven, dryRun, paint),
  });
  if (!dryRun && redriven.some(({ action }) => action !== "refuse")) tellIfNobodyWorks(app);
  return redriven.some(({ action }) => action === "refuse") ? EXIT.refused : EXIT.done;
}

async function send(app: App, records: LetterRecord[]): Promise<RedriveView[]> {
  if (records.length === 0) return [];
  return withStorage(app, async ({ store, queue }) => {
    const deps = { store, queue, ids: randomIds, now: app.now };
    const redriven: RedriveView[] = [];
    for (const { letter } of records) {
      const done = await redrive(deps, letter, (name, body) => queue.putBack(name, body));
      redriven.push(viewRedrive(letter, done));
    }
    return redriven;
  });
}

function tellIfNobodyWorks({ storage, output }: App): void {
  if (storage.kind === "aws") return;
  const letGo = takeHostLock(storage.name);
  if (letGo === null) return;
  letGo();
  output.hint(
    `No host runs on ${storage.name}: it is taken up once one does. Start one: regild serve`,
  );
}
