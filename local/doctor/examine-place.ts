import type { CloudRef } from "../../shared/cloud-ports.ts";
import { examine } from "../../shared/openstack/doctor.ts";
import { finding, type Finding } from "../../shared/openstack/finding.ts";
import { cloudDeps, cloudProblems, openLoaded } from "../cli/clouds.ts";
import type { LoadedClouds } from "../clouds-files.ts";
import { passedOverKeys } from "../passed-over.ts";
import { examineRecipe, signedInOnce } from "./examine-recipe.ts";
import { memberFindings } from "./member-findings.ts";
import type { Place } from "./place.ts";
import { zoneFindings } from "./zone-findings.ts";

/** Everything that reading tells about one cloud and region, and about the recipes that use it. */
export async function examinePlace(
  loaded: LoadedClouds,
  place: Place,
  now: () => number,
): Promise<Finding[]> {
  const config = loaded.clouds.get(place.cloud);
  if (config === undefined) {
    const remedy = "Correct the entry, or the recipe's cloud";
    const problems = cloudProblems(loaded, place.cloud).map((problem) =>
      finding("problem", "clouds.yaml", problem, remedy),
    );
    return [...problems, ...passedOverFindings(loaded, place.cloud)];
  }
  const findings = await examine(config, place.region, cloudDeps(loaded, now));
  const isOpen = findings.some(({ area }) => SERVICES.includes(area));
  return [
    ...findings,
    ...passedOverFindings(loaded, place.cloud),
    ...(isOpen ? await examineRecipes(loaded, place, now) : []),
  ];
}

/** Without a finding of these, the sign-in or the region failed, and each recipe would say the same again. */
const SERVICES = ["compute", "volume", "image"];

async function examineRecipes(
  loaded: LoadedClouds,
  { cloud: name, region, recipes }: Place,
  now: () => number,
): Promise<Finding[]> {
  const clouds = openLoaded(loaded, now);
  const cloud = signedInOnce(clouds.open({ cloud: name, region }, () => {}));
  const zoneFinder = { cloud, openCloud: (ref: CloudRef) => clouds.open(ref, () => {}) };
  const findings: Finding[] = [];
  for (const recipe of recipes) {
    findings.push(...(await examineRecipe(cloud, recipe, now())));
    findings.push(...(await zoneFindings(zoneFinder, recipe)));
    findings.push(...(await memberFindings(zoneFinder, recipe)));
  }
  return findings;
}

function passedOverFindings(loaded: LoadedClouds, cloud: string): Finding[] {
  const keys = passedOverKeys(loaded, cloud);
  if (keys.length === 0) return [];
  const remedy = "Correct a key that is misspelt; the others may stay for other tools";
  return [finding("unknown", "clouds.yaml", `keys not used: ${keys.join(", ")}`, remedy)];
}
