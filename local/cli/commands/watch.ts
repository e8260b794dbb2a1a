import { type Command, Option } from "commander";
import * as z from "zod/mini";
import { findRun } from "../../view/find-run.ts";
import { EXIT_HELP } from "../exit-status.ts";
import { withOnlooking } from "../onlooking.ts";
import { watchNamedThere } from "../remote/runs.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { watchToEnd } from "../watch-to-end.ts";
import type { Action } from "./action.ts";
import { durationMs } from "./options.ts";
import { prose } from "./prose.ts";
import { endOf } from "./run-end.ts";

const optionsSchema = z.object({ timeout: z._default(z.nullable(z.int()), null) });

export function addWatch(program: Command, action: Action): void {
  program
    .command("watch <run...>")
    .summary("watch runs until they have ended; the exit status tells how")
    .description(
      prose(`Watches runs that others have started, by schedule or webhook for one, as regild refresh --wait watches its
own. A run may be named by its recipe (the active run, else the newest), its id or a unique start of that. Does no work
itself: with no host running it says so, and goes on watching. Ctrl-C ends the watching and nothing else.`),
    )
    .addOption(
      new Option("--timeout <duration>", "watch so long at most, for example 2h").argParser(
        durationMs,
      ),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild watch web
  regild watch web-20261123-0930 --timeout 1h
  regild watch web db -o json

${EXIT_HELP}`,
    )
    .action(
      action(async (app, { args: names, options }) => {
        const { timeout } = optionsSchema.parse(options);
        if (app.remote !== null) return watchNamedThere(app, app.remote, names, timeout);
        const recipes = recipesOrNone(app);
        return withOnlooking(app, async (control) => {
          const ids = new Set<string>();
          for (const name of names) {
            const records = { ...control.backend, recipes, now: app.now };
            ids.add((await findRun(records, name)).run.id);
          }
          const watched = await watchToEnd(app, control, [...ids], timeout);
          return endOf(app, control, watched, names.length > 1);
        });
      }),
    );
}
