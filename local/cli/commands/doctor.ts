import type { Command } from "commander";
import * as z from "zod/mini";
import { examinePlace } from "../../doctor/examine-place.ts";
import { type Place, placesOf } from "../../doctor/place.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { type doctorDocument, type ExaminedCloud, viewFinding } from "../../view/checks.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { EXIT } from "../exit-status.ts";
import { goodRecipes, recipeNamed, recipesOrNone } from "../recipes-file.ts";
import { doctorText } from "../text/doctor.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ cloud: z.optional(z.string()) });

export function addDoctor(program: Command, action: Action): void {
  program
    .command("doctor [recipes...]")
    .summary("what the credentials may do, what the clouds can do, and each recipe's source")
    .description(
      prose(`Signs in to each cloud that the recipes use, or to the one named, and reads: catalog, versions, access to
compute, volume and image, quota, clock. Looks for the server or volume of each recipe, or of the recipes named.
Changes nothing.
✓ good   ✗ a problem, with its remedy   ? reading cannot tell`),
    )
    .option("--cloud <name>", "an entry of clouds.yaml, whether a recipe uses it or not")
    .addHelpText(
      "after",
      `
Examples:
  regild doctor
  regild doctor web
  regild doctor --cloud mycloud -o json

clouds.yaml is looked for as openstackclient does: OS_CLIENT_CONFIG_FILE, ., ~/.config/openstack,
/etc/openstack; with secure.yaml beside it, or OS_* variables instead.`,
    )
    .action(
      action(async (app, { args, options }) => {
        const { cloud } = optionsSchema.parse(options);
        if (app.storage.kind === "aws") {
          app.output.hint(
            "Looked at from here, with the clouds.yaml of this machine: what the functions on AWS use is in their parameter or secret.",
          );
        }
        const loaded = cloudsOf(app);
        const examined: ExaminedCloud[] = [];
        for (const place of placesOf(recipesOf(app, args, cloud), cloud)) {
          examined.push(viewPlace(place, await examinePlace(loaded, place, app.now)));
        }
        const files = loaded.problems.map((problem) => `${problem.file}: ${problem.message}`);
        const document: z.infer<typeof doctorDocument> = {
          schema: SCHEMA,
          clouds: examined,
          warnings: [...files, ...loaded.warnings],
        };
        app.output.answer({
          document,
          lines: examined.map((found) => ({ cloud: found })),
          text: (paint) => doctorText(document, paint),
        });
        const findings = examined.flatMap((found) => found.findings);
        return findings.some(({ state }) => state === "problem") ? EXIT.checkFailed : EXIT.done;
      }),
    );
}

/** The recipes named, else all. A cloud can be examined without a recipe file. */
function recipesOf(app: App, names: readonly string[], cloud: string | undefined): Recipe[] {
  if (names.length === 0 && cloud !== undefined) return [...recipesOrNone(app).values()];
  const recipes = goodRecipes(app);
  if (names.length === 0) return [...recipes.values()];
  return [...new Set(names)].map((name) => recipeNamed(recipes, name));
}

function viewPlace(
  { cloud, region }: Place,
  findings: Awaited<ReturnType<typeof examinePlace>>,
): ExaminedCloud {
  return { cloud, region_name: region, findings: findings.map(viewFinding) };
}
