import type { Command } from "commander";
import * as z from "zod/mini";
import { examine } from "../../../shared/openstack/doctor.ts";
import { finding, type Finding } from "../../../shared/openstack/finding.ts";
import type { LoadedClouds } from "../../clouds-files.ts";
import { passedOverKeys } from "../../passed-over.ts";
import { type doctorDocument, type ExaminedCloud, viewFinding } from "../../view/checks.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { cloudDeps, cloudProblems, cloudsOf } from "../clouds.ts";
import { EXIT } from "../exit-status.ts";
import { goodRecipes, recipesOrNone } from "../recipes-file.ts";
import { doctorText } from "../text/doctor.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ cloud: z.optional(z.string()) });

interface Place {
  cloud: string;
  region: string | null;
}

export function addDoctor(program: Command, action: Action): void {
  program
    .command("doctor")
    .summary("what the credentials may do, and what the clouds can do")
    .description(
      prose(`Signs in to each cloud that the recipes use, or to the one named, and looks at what can be told by
reading: catalog, versions, access to compute, volume and image, quota, clock. Changes nothing.
✓ good   ✗ a problem, with its remedy   ? reading cannot tell`),
    )
    .option("--cloud <name>", "an entry of clouds.yaml, whether a recipe uses it or not")
    .addHelpText(
      "after",
      `
Examples:
  regild doctor
  regild doctor --cloud mycloud -o json

clouds.yaml is looked for as openstackclient does: OS_CLIENT_CONFIG_FILE, ., ~/.config/openstack,
/etc/openstack; with secure.yaml beside it, or OS_* variables instead.`,
    )
    .action(
      action(async (app, { options }) => {
        const { cloud } = optionsSchema.parse(options);
        if (app.storage.kind === "aws") {
          app.output.hint(
            "Looked at from here, with the clouds.yaml of this machine: what the functions on AWS use is in their parameter or secret.",
          );
        }
        const loaded = cloudsOf(app);
        const examined: ExaminedCloud[] = [];
        for (const place of placesOf(app, cloud)) {
          examined.push(await examinePlace(app, loaded, place));
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

/** Each cloud and region once. */
function placesOf(app: App, cloud: string | undefined): Place[] {
  const recipes = (cloud === undefined ? goodRecipes(app) : recipesOrNone(app)).values();
  const used = [...recipes].filter((recipe) => cloud === undefined || recipe.cloud === cloud);
  const places = new Map(
    used.map(({ cloud, region }) => [`${cloud} ${region ?? ""}`, { cloud, region }]),
  );
  return places.size === 0 && cloud !== undefined
    ? [{ cloud, region: null }]
    : [...places.values()];
}

async function examinePlace(app: App, loaded: LoadedClouds, place: Place): Promise<ExaminedCloud> {
  const config = loaded.clouds.get(place.cloud);
  const findings =
    config === undefined
      ? cloudProblems(loaded, place.cloud).map((problem) =>
          finding("problem", "clouds.yaml", problem, "Correct the entry, or the recipe's cloud"),
        )
      : await examine(config, place.region, cloudDeps(loaded, app.now));
  const all = [...findings, ...passedOverFindings(loaded, place.cloud)];
  return { cloud: place.cloud, region_name: place.region, findings: all.map(viewFinding) };
}

function passedOverFindings(loaded: LoadedClouds, cloud: string): Finding[] {
  const keys = passedOverKeys(loaded, cloud);
  if (keys.length === 0) return [];
  const remedy = "Correct a key that is misspelt; the others may stay for other tools";
  return [finding("unknown", "clouds.yaml", `keys not used: ${keys.join(", ")}`, remedy)];
}
