import type { Finding } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipeFinding } from "./recipe-finding.ts";
import type { SeenRecipe } from "./recipe-findings.ts";

/** What a test boot needs besides the quota. */
export function testBootFindings(
  recipe: Recipe,
  { testFlavor: flavor, networkProblem }: Pick<SeenRecipe, "testFlavor" | "networkProblem">,
): Finding[] {
  const { testBoot } = recipe;
  if (testBoot === null) return [];
  const finding = (kind: Finding["state"], field: string, text: string, remedy: string) =>
    recipeFinding(kind, recipe, `test_boot${field}`, text, remedy);
  if (flavor === null) {
    const text = `the cloud has no flavor ${testBoot.flavor}, or several of this name`;
    return [finding("problem", ".flavor", text, "Choose one: openstack flavor list")];
  }
  if (networkProblem !== null) {
    const remedy = "Choose another, or write its id: openstack network list";
    return [finding("problem", ".networks", networkProblem, remedy)];
  }
  const needsVolume = flavor.diskGib === 0 && testBoot.volumeGib === null;
  const text =
    "boot, read the console of and delete a server (os_compute_api:servers:create, os-console-output, servers:delete): reading cannot tell whether these credentials may";
  return [
    finding("unknown", "", text, "To try it: regild doctor --act"),
    ...(needsVolume
      ? [
          finding(
            "unknown",
            ".flavor",
            `flavor ${flavor.name} has a disk of 0 GiB, and many clouds boot such servers from volumes only`,
            "Write volume_size: and the GiB of its boot volume",
          ),
        ]
      : []),
  ];
}
