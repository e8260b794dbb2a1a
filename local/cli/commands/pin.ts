import type { Command } from "commander";
import * as z from "zod/mini";
import { changePin } from "../../../shared/commands/pin.ts";
import { type pinDocument, viewPin } from "../../view/pin.ts";
import { headOfImage } from "../../view/queries.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { CommandError, usageError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { imageNamed } from "../../named-image.ts";
import { pinThere } from "../remote/pin.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { withRunControl } from "../run-control.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  reason: z._default(z.nullable(z.string()), null),
  recipe: z._default(z.nullable(z.string()), null),
});
const RECIPE_OPTION = [
  "--recipe <recipe>",
  "of an image whose recipe is not in recipes.yml any more",
] as const;

export function addPin(program: Command, action: Action): void {
  program
    .command("pin <image>")
    .summary("keep an image until somebody unpins it")
    .description(
      prose(`Pins an image: Regild never deletes it, whatever keep says, and does not hide it once it is replaced. It
takes no place among the images that are kept. In the cloud it has the tag regild-pinned. A new image still becomes
current. A pinned image that is revoked is hidden, and deleted only after you unpin it.`),
    )
    .requiredOption("--reason <text>", "required: why, for whoever wonders about the old image")
    .option(...RECIPE_OPTION)
    .addHelpText(
      "after",
      `
Examples:
  regild pin web-20261123-k3f9q2 --reason "release 4.2 runs on it until June"
  regild images web -o json | jq '.images[] | select(.pinned != null)'

Exit status: 0 done, 6 refused: the image is being deleted, or was not promoted yet`,
    )
    .action(action((app, { args: [image = ""], options }) => change(app, image, options, true)));
}

export function addUnpin(program: Command, action: Action): void {
  program
    .command("unpin <image>")
    .summary("let the usual rules delete an image again")
    .description(
      prose(`Takes the pin out. The image is treated as every other: if it is older than those that keep asks for, it is
deleted by the next clean-up.`),
    )
    .option(...RECIPE_OPTION)
    .addHelpText(
      "after",
      `
Examples:
  regild unpin web-20261123-k3f9q2
  regild unpin 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77 --recipe old-web`,
    )
    .action(action((app, { args: [image = ""], options }) => change(app, image, options, false)));
}

async function change(
  app: App,
  name: string,
  options: unknown,
  isPin: boolean,
): Promise<ExitStatus> {
  const { reason, recipe } = optionsSchema.parse(options);
  if (isPin && (reason ?? "").trim() === "")
    throw usageError("--reason is empty", "Say why, in a few words");
  const asked = isPin ? (reason ?? "") : null;
  if (app.remote !== null) {
    answer(app, await pinThere(app.remote, name, { reason: asked, recipe }), isPin);
    return EXIT.done;
  }
  const recipes = recipesOrNone(app);
  const { recipeName, image } = await withRecords(app, recipes, async (records) => {
    const recipeState = await headOfImage(records, name, recipe);
    return { recipeName: recipeState.recipeName, image: imageNamed(recipeState, name) };
  });
  return withRunControl(app, { recipes, clouds: cloudsOf(app) }, async ({ backend, workers }) => {
    const asking = asked === null ? null : { by: `${app.userName} (cli)`, reason: asked };
    const done = await changePin(backend, recipeName, image.id, asking);
    if ("refused" in done) throw refused(done.refused, recipeName);
    answer(app, viewPin(done, image.id, app.now()), isPin);
    if (done.isNew && workers.isNeeded())
      app.output.hint("The cloud shows it once a host works: regild serve");
    return EXIT.done;
  });
}

function answer(app: App, document: z.infer<typeof pinDocument>, isPin: boolean): void {
  const { image, changed } = document;
  app.output.answer({ document, text: () => [textOf(image.name, isPin, changed)] });
}

function textOf(name: string, isPin: boolean, isNew: boolean): string {
  if (isPin) return isNew ? `${name} is pinned: Regild does not delete it` : `${name} was pinned`;
  return isNew ? `${name} is unpinned: the usual rules hold` : `${name} is not pinned`;
}

function refused(why: string, recipeName: string): CommandError {
  return new CommandError(`Refused: ${why}`, {
    status: EXIT.refused,
    code: "not-possible",
    remedy: `The images that there are: regild images ${recipeName}`,
  });
}
