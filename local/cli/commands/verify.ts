import type { Command } from "commander";
import * as z from "zod/mini";
import type { InventoryImage } from "../../../shared/image/recipe-state.ts";
import { load } from "../../../shared/protocol/actor.ts";
import { provenanceKey, provenanceSchema } from "../../../shared/provenance/record.ts";
import { imageNamed } from "../../named-image.ts";
import { viewProvenance } from "../../view/provenance.ts";
import { headOfImage } from "../../view/queries.ts";
import type { App } from "../app.ts";
import { cloudsOf, openLoaded } from "../clouds.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { publicKey } from "../signing-key.ts";
import { provenanceText } from "../text/provenance.ts";
import { withRecords } from "../with-records.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  publicKey: z._default(z.nullable(z.string()), null),
  recipe: z._default(z.nullable(z.string()), null),
});

export function addVerify(program: Command, action: Action): void {
  program
    .command("verify <image>")
    .summary("who made an image of what, and whether it is still that image")
    .description(
      prose(`Shows what made an image: run, source, recipe, inputs, who asked for it, and the test boot. Then checks the
signature of this statement, and asks the cloud whether image id, content hash (os_hash_value) and the property
regild_provenance are those of the statement.`),
    )
    .option(
      "--public-key <file>",
      "the key that has to have signed, in PEM (default: that of REGILD_SIGNING_KEY)",
    )
    .option("--recipe <recipe>", "of an image whose recipe is not in recipes.yml any more")
    .addHelpText(
      "after",
      `
Examples:
  regild verify web-20261123-k3f9q2 --public-key signing.pub
  regild verify 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77 -o json | jq .verified
  regild verify web-20261123-k3f9q2 -o json | jq .envelope > web.dsse.json    # for other tools

Exit status: 0 verified, 7 a check does not hold or could not be made`,
    )
    .action(
      action((app, { args: [image = ""], options }) =>
        verify(app, image, optionsSchema.parse(options)),
      ),
    );
}

async function verify(
  app: App,
  name: string,
  options: z.infer<typeof optionsSchema>,
): Promise<ExitStatus> {
  const key = publicKey(options.publicKey, app.env);
  const { recipe, entry, stored } = await withRecords(app, recipesOrNone(app), async (records) => {
    const recipeState = await headOfImage(records, name, options.recipe);
    const found = imageNamed(recipeState, name);
    const where = provenanceKey(recipeState.recipeName, found.id);
    const actor = await load(records.store, where, provenanceSchema);
    return { recipe: recipeState.recipeName, entry: found, stored: actor?.doc ?? null };
  });
  const document = viewProvenance({ recipe, entry, stored, key, image: await seen(app, entry) });
  app.output.answer({ document, text: (paint) => provenanceText(document, paint) });
  return document.verified ? EXIT.done : EXIT.checkFailed;
}

function seen(app: App, { id, where: { cloud, region } }: InventoryImage) {
  return openLoaded(cloudsOf(app), app.now)
    .open({ cloud, region }, () => {})
    .images.image(id);
}
