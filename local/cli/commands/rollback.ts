import type { Command } from "commander";
import * as z from "zod/mini";
import type { RecipeState, InventoryImage } from "../../../shared/image/recipe-state.ts";
import { imageOf } from "../../../shared/image/inventory.ts";
import { earlierImages } from "../../../shared/image/pointer.ts";
import { headNamed } from "../../view/queries.ts";
import { changeCurrent } from "../change-current.ts";
import { confirm } from "../confirm.ts";
import { imageNamed } from "../../named-image.ts";
import { rollbackThere } from "../remote/change.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  reason: z._default(z.nullable(z.string()), null),
  yes: z._default(z.boolean(), false),
});

export function addRollback(program: Command, action: Action): void {
  program
    .command("rollback <recipe> [image]")
    .summary("make an earlier image current again")
    .description(
      prose(`Makes an earlier image current, within seconds, also while a run is at work. Without an image, takes the
nearest earlier one that is good: it exists, is active, and its snapshots are there. The image that was current is kept
and marked, and no later rollback chooses it unless you name it. A run that is at work meanwhile ends without promoting
its image. If the cloud does not answer, Regild moves its own record and shows the cloud later.`),
    )
    .option("--reason <text>", "why, for the history and for whoever reads it")
    .option("-y, --yes", "do not ask; without a terminal, nobody is asked anyway")
    .addHelpText(
      "after",
      `
Examples:
  regild rollback web --reason "no network after boot"
  regild rollback web web-20261121-zz04ke --yes
  regild rollback web -o json | jq -r .change.to.id

Exit status: 0 done, 4 you said no, 5 nobody has carried it out yet, 6 refused: there is no good earlier image`,
    )
    .action(
      action(async (app, { args: [name = "", image], options }) => {
        const { reason, yes } = optionsSchema.parse(options);
        if (app.remote !== null) {
          return rollbackThere(app, app.remote, name, { image: image ?? null, reason, yes });
        }
        const recipes = recipesOrNone(app);
        const recipeState = await withRecords(app, recipes, (records) => headNamed(records, name));
        const target = image === undefined ? null : imageNamed(recipeState, image);
        if (!yes) await confirm(app, question(recipeState, target));
        const imageId = target?.id ?? null;
        return changeCurrent(app, name, {
          kind: "rollback",
          from: recipeState.current,
          imageId,
          reason,
        });
      }),
    );
}

function question(recipeState: RecipeState, target: InventoryImage | null): string {
  const from = imageOf(recipeState, recipeState.current ?? "");
  const to = target ?? earlierImages(recipeState)[0];
  return `Go back from ${from?.name ?? "no image"} to ${to?.name ?? "an earlier image"} for ${recipeState.recipeName}?`;
}
