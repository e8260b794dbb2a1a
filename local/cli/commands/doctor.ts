import type { Command } from "commander";
import type * as z from "zod/mini";
import { examinePlace } from "../../doctor/examine-place.ts";
import { providerFindings } from "../../doctor/provider-findings.ts";
import { type Place, placesOf } from "../../doctor/place.ts";
import type { Finding } from "../../../shared/openstack/finding.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { type doctorDocument, type ExaminedCloud, viewFinding } from "../../view/checks.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { readConfig } from "../config-file.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { goodRecipes, recipeNamed, recipesOrNone } from "../recipes-file.ts";
import { interruption } from "../signals.ts";
import { doctorText } from "../text/doctor.ts";
import type { Action } from "./action.ts";
import { actAndShow, mayAct } from "./doctor-act.ts";
import { addDoctorOptions, type DoctorOptions, readDoctorOptions } from "./doctor-options.ts";
import { prose } from "./prose.ts";

export function addDoctor(program: Command, action: Action): void {
  const command = program
    .command("doctor [recipes...]")
    .summary("what the credentials may do, what the clouds can do, and each recipe's source")
    .description(
      prose(`Signs in to each cloud that the recipes use, or to the one named, and reads: catalog, versions, access to
compute, volume and image, quota, clock. Looks at the OpenID provider of regild.yml too. Looks for the server or volume of each recipe, or of the recipes named.
Changes nothing without --act.
✓ good   ✗ a problem, with its remedy   ? reading cannot tell
--act proves the rights before the first night: it makes small things named regild-doctor-…, does with them what runs
do, and removes them, also after Ctrl-C. Things that a killed doctor left behind go first. It never touches your
servers, volumes and images.`),
    );
  addDoctorOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  regild doctor
  regild doctor web
  regild doctor --cloud mycloud -o json
  regild doctor --act
  regild doctor --act --yes --server-image cirros --server-flavor m1.tiny

clouds.yaml is looked for as openstackclient does: OS_CLIENT_CONFIG_FILE, ., ~/.config/openstack,
/etc/openstack; with secure.yaml beside it, or OS_* variables instead.`,
    )
    .action(
      action((app, { args, options }) => {
        if (app.storage.kind === "aws") {
          app.output.hint(
            "Looked at from here, with the clouds.yaml of this machine: what the functions on AWS use is in their parameter or secret.",
          );
        }
        return examine(app, args, readDoctorOptions(options));
      }),
    );
}

async function examine(app: App, names: string[], options: DoctorOptions): Promise<ExitStatus> {
  const places = placesOf(recipesOf(app, names, options.cloud), options.cloud);
  const willAct = options.act && (await mayAct(app, places, options));
  if (options.act && !willAct) return EXIT.refused;
  const loaded = cloudsOf(app);
  using stopAsked = interruption();
  const { signal } = stopAsked;
  const examined: ExaminedCloud[] = [];
  for (const place of places) {
    const findings = await examinePlace(loaded, place, app.now);
    if (willAct && !signal.aborted && isOpen(findings)) {
      findings.push(...(await actAndShow(app, loaded, place, { server: options.server, signal })));
    }
    examined.push(viewPlace(place, findings));
  }
  const isWhole = names.length === 0 && options.cloud === undefined;
  const signIn = isWhole && !signal.aborted ? await examineSignIn(app) : null;
  const files = loaded.problems.map((problem) => `${problem.file}: ${problem.message}`);
  answer(app, {
    schema: SCHEMA,
    acted: willAct,
    clouds: examined,
    sign_in: signIn,
    warnings: [...files, ...loaded.warnings],
  });
  if (signal.aborted) return EXIT.interrupted;
  const findings = [...examined, ...(signIn === null ? [] : [signIn])].flatMap(
    (found) => found.findings,
  );
  return findings.some(({ state }) => state === "problem") ? EXIT.checkFailed : EXIT.done;
}

/** The OpenID provider of regild.yml. @returns null: there is none. */
async function examineSignIn(app: App): Promise<z.infer<typeof doctorDocument>["sign_in"]> {
  const config = readConfig(app.configFile);
  if (config === null || "problems" in config || config.oidc === null) return null;
  const { issuer } = config.oidc;
  const about = { env: app.env, now: app.now, recipes: [...recipesOrNone(app).keys()] };
  const findings = await providerFindings(config.oidc, about);
  return { issuer, findings: findings.map(viewFinding) };
}

/** Signed in, and the region is there. */
function isOpen(findings: readonly Finding[]): boolean {
  return findings.some(({ area }) => ["compute", "volume", "image"].includes(area));
}

function answer({ output }: App, document: z.infer<typeof doctorDocument>): void {
  output.answer({
    document,
    lines: document.clouds.map((found) => ({ cloud: found })),
    text: (paint) => doctorText(document, paint),
  });
}

/** The recipes named, else all. A cloud can be examined without a recipe file. */
function recipesOf(app: App, names: readonly string[], cloud: string | undefined): Recipe[] {
  if (names.length === 0 && cloud !== undefined) return [...recipesOrNone(app).values()];
  const recipes = goodRecipes(app);
  if (names.length === 0) return [...recipes.values()];
  return [...new Set(names)].map((name) => recipeNamed(recipes, name));
}

function viewPlace({ cloud, region }: Place, findings: readonly Finding[]): ExaminedCloud {
  return { cloud, region_name: region, findings: findings.map(viewFinding) };
}
