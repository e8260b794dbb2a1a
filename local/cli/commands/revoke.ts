import type { Command } from "commander";
import * as z from "zod/mini";
import type { RecipeState, InventoryImage } from "../../../shared/image/recipe-state.ts";
import { earlierImages } from "../../../shared/image/pointer.ts";
import { headOfImage } from "../../view/queries.ts";
import { changeCurrent } from "../change-current.ts";
import { CommandError, usageError } from "../command-error.ts";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-status.ts";
import { imageNamed } from "../../named-image.ts";
import { revokeThere } from "../remote/change.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  reason: z.string(),
  recipe: z._default(z.nullable(z.string()), null),
  yes: z._default(z.boolean(), false),
});

export function addRevoke(program: Command, action: Action): void {
  program
    .command("revoke <image>")
    .summary("withdraw an image for good")
    .description(
      prose(`Withdraws an image for good: nobody can go back to it. The cloud hides it and shows the tag regild-revoked.
It takes no place among the images that are kept, and is deleted once its cooling-off is over and nothing uses it. If it
is current, the nearest good earlier image becomes current, as in a rollback. A running server is left alone.`),
    )
    .requiredOption("--reason <text>", "required: why, for the history and for whoever reads it")
    .option("--recipe <recipe>", "of an image whose recipe is not in recipes.yml any more")
    .option(
      "-y, --yes",
      "do not ask, also if no image is left to be current; without a terminal, nobody is asked anyway",
    )
    .addHelpText(
      "after",
      `
Examples:
  regild revoke 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77 --reason "a private key was in it"
  regild revoke web-20261123-k3f9q2 --reason CVE-2026-1234 --yes

Exit status: 0 done, 4 you said no, 5 nobody has carried it out yet, 6 refused`,
    )
    .action(
      action(async (app, { args: [name = ""], options }) => {
        const { reason, recipe, yes } = optionsSchema.parse(options);
        if (reason.trim() === "") throw usageError("--reason is empty", "Say why, in a few words");
        if (app.remote !== null) {
          return revokeThere(app, app.remote, name, { recipe, reason, yes });
        }
        const recipes = recipesOrNone(app);
        const recipeState = await withRecords(app, recipes, (records) =>
          headOfImage(records, name, recipe),
        );
        const image = imageNamed(recipeState, name);
        if (!yes) {
          refuseToLeaveNone(recipeState, image);
          await confirm(
            app,
            `Revoke ${image.name}, ${image.state} image of ${recipeState.recipeName}, for good?`,
          );
        }
        const { recipeName, current } = recipeState;
        return changeCurrent(app, recipeName, {
          kind: "revoke",
          from: current,
          imageId: image.id,
          reason,
        });
      }),
    );
}

function refuseToLeaveNone(recipeState: RecipeState, { id }: InventoryImage): void {
  if (recipeState.current !== id || earlierImages(recipeState).length > 0) return;
  throw new CommandError(
    `${recipeState.recipeName} would have no current image: there is no earlier one`,
    {
      status: EXIT.refused,
      code: "last-image",
      remedy: `Make a new one first: regild refresh ${recipeState.recipeName}. Or revoke it all the same: --yes`,
    },
  );
}
