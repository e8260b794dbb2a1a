import type { Command } from "commander";
import * as z from "zod/mini";
import {
  adopt,
  type Adopting,
  planAdoption,
  type Refusal,
} from "../../../shared/commands/adopt.ts";
import { viewAdoption, type adoptionDocument } from "../../view/adoption.ts";
import { NotFound } from "../../view/find-run.ts";
import type { App } from "../app.ts";
import { withCleanUp } from "../clean-up-deps.ts";
import { CommandError, usageError } from "../command-error.ts";
import { confirm } from "../confirm.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { goodRecipes, recipeNamed } from "../recipes-file.ts";
import { adoptionText } from "../text/adoption.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  recipe: z._default(z.nullable(z.string()), null),
  reason: z._default(z.nullable(z.string()), null),
  yes: z._default(z.boolean(), false),
});

export function addAdopt(program: Command, action: Action): void {
  program
    .command("adopt <id>")
    .summary("take an image that Regild did not make into a recipe's line")
    .description(
      prose(`Takes an image into a recipe, as a retired image. It cools off, and the recipe's rules delete it, with the
snapshots that it names. You can roll back to it by its id or name. Until it was current once, it fills only a free place
of keep. Regild hides it and gives it the tag regild-retired. Shows what will be done, and asks. A snapshot is taken as
well, if an image of the recipe names it. Regild refuses an image of another project, of another recipe or of another
Regild, and one that is protected, in use or not active.`),
    )
    .option("--recipe <recipe>", "whose line; needed if recipes.yml has several recipes")
    .option("--reason <text>", "why, for regild history")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  regild clean-up --dry-run                 # lists what Regild did not make
  regild adopt 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77 --recipe web
  regild adopt 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77 --recipe web --yes -o json

Exit status: 0 done, 2 no such id, 4 you said no, 6 refused, or nobody is there to answer`,
    )
    .action(
      action((app, { args: [id = ""], options }) => run(app, id, optionsSchema.parse(options))),
    );
}

async function run(
  app: App,
  id: string,
  { recipe, reason, yes }: z.infer<typeof optionsSchema>,
): Promise<ExitStatus> {
  const recipes = goodRecipes(app);
  const known = [...recipes.keys()];
  const recipeName = recipe ?? (known.length === 1 ? known[0] : undefined);
  if (recipeName === undefined)
    throw usageError("There are several recipes", `Say whose line: --recipe ${known[0] ?? "web"}`);
  recipeNamed(recipes, recipeName);
  const asked: Adopting = { recipeName, id, known, by: `${app.userName} (cli)`, reason };
  return withCleanUp(app, recipes, async (deps) => {
    if (!yes) {
      const plan = await planAdoption(deps, asked);
      if ("refused" in plan) throw problemOf(plan, asked);
      answer(app, viewAdoption(plan, false, app.now()));
      await mayAdopt(app, asked);
    }
    const done = await adopt(deps, asked);
    if ("refused" in done) throw problemOf(done, asked);
    answer(app, viewAdoption(done, true, app.now()));
    app.output.hint("The cloud shows it once a host works: regild serve");
    return EXIT.done;
  });
}

function answer(app: App, document: z.infer<typeof adoptionDocument>): void {
  if (!document.adopted && app.output.format !== "table") return;
  app.output.answer({ document, text: () => adoptionText(document, app.now()) });
}

async function mayAdopt(app: App, { id, recipeName }: Adopting): Promise<void> {
  const { output } = app;
  if (output.format !== "table" || !process.stdin.isTTY || !output.err.isTTY) {
    throw new CommandError("Nothing was changed: nobody is there to answer", {
      status: EXIT.refused,
      code: "not-confirmed",
      remedy: `Do it: regild adopt ${id} --recipe ${recipeName} --yes`,
    });
  }
  await confirm(app, "Take it?");
}

function problemOf({ refused, unknownIn }: Refusal, { id }: Adopting): Error {
  const list = "What is in the project: regild clean-up --dry-run";
  if (unknownIn !== undefined)
    return new NotFound(
      `There is no image and no snapshot with the id ${id} in cloud ${unknownIn}`,
      `Write an id, not a name. ${list}`,
    );
  return new CommandError(`Refused: ${refused}`, {
    status: EXIT.refused,
    code: "not-possible",
    remedy: list,
  });
}
