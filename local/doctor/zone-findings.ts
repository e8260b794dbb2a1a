import { type Finding, problemOf } from "../../shared/openstack/finding.ts";
import { planCopies, type Way } from "../../shared/image/distribution.ts";
import { regionZones } from "../../shared/image/region-copy.ts";
import { Transfers } from "../../shared/image/transfers.ts";
import { type ZoneFinder, zoneServices } from "../../shared/image/zones.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipeFinding } from "./recipe-finding.ts";

/** Which image services a recipe's image is held to, and whether the catalog has more of them. */
export async function zoneFindings(finder: ZoneFinder, recipe: Recipe): Promise<Finding[]> {
  const { zones } = recipe;
  const field = `${recipe.name}.zones`;
  try {
    if (zones.length === 0) return manyServices(await finder.cloud.everyImageService(), recipe);
    const services = await zoneServices(finder, zones);
    const list = services.map(({ name, url }) => `${name} at ${url}`).join(", ");
    return [
      recipeFinding("ok", recipe, "zones", `the image has to be usable in ${list}`),
      ...(await copyFindings(finder, recipe)),
    ];
  } catch (error) {
    const remedy = "Correct the zone. regild doctor lists the image services of the catalog";
    return [{ ...problemOf("recipe", error, remedy), field }];
  }
}

/** How each zone gets its copies, as a host on this machine would bring them there. */
async function copyFindings(finder: ZoneFinder, recipe: Recipe): Promise<Finding[]> {
  const plan = await planCopies({ ...finder, transfers: new Transfers() }, recipe, null);
  if ("problem" in plan) {
    const { message, remedy } = plan.problem;
    return [recipeFinding("problem", recipe, "zones", message, remedy)];
  }
  const copied = (zone: string, how: string): Finding =>
    recipeFinding("ok", recipe, `zones.${zone}.distribute`, how);
  return [
    ...[...plan.ways].map(([zone, way]) => copied(zone, HOW[way])),
    ...regionZones(recipe).map(({ name, agencyName }) => copied(name, byIms(agencyName))),
  ];
}

function byIms(agency: string): string {
  return `IMS copies each image there, if the agency ${agency} lets it`;
}

const HOW: Record<Way, string> = {
  fetch: "the image service of this zone fetches each image",
  stream: "Regild sends each image there",
  store: "the image service copies each image to this store",
};

function manyServices(services: Array<{ name: string }>, recipe: Recipe): Finding[] {
  const [own, ...others] = services;
  if (own === undefined || others.length === 0) return [];
  const names = others.map(({ name }) => name).join(", ");
  const message = `the image has to be usable in ${own.name} alone, and the catalog has image services in ${names} as well`;
  const remedy = "If images have to be usable there too, name the zones (docs/zones.md)";
  return [recipeFinding("unknown", recipe, "zones", message, remedy)];
}
