import type { ZoneFinder } from "../../shared/image/zones.ts";
import { type Finding, problemOf } from "../../shared/openstack/finding.ts";
import type { Member } from "../../shared/recipe/sharing.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipeFinding } from "./recipe-finding.ts";

const FIELD = "image.members";

/** Whether the credentials of each member are for the project that the recipe names. */
export async function memberFindings(finder: ZoneFinder, recipe: Recipe): Promise<Finding[]> {
  const { members } = recipe.sharing;
  if (members.length === 0) return [];
  try {
    const { projectId: own } = await finder.cloud.authenticate();
    const findings: Finding[] = [];
    for (const member of members) findings.push(await memberFinding(finder, recipe, member, own));
    return findings;
  } catch (error) {
    return [{ ...problemOf("recipe", error, null), field: `${recipe.name}.${FIELD}` }];
  }
}

async function memberFinding(
  { openCloud }: ZoneFinder,
  recipe: Recipe,
  { project, cloud, accept }: Member,
  own: string,
): Promise<Finding> {
  if (project === own)
    return recipeFinding(
      "problem",
      recipe,
      FIELD,
      `${project} is the project that owns the images`,
      "Take it out",
    );
  if (cloud === null) {
    const message = `images are shared with ${project}, and somebody there has to accept each: nobody can tell whether there is such a project`;
    return recipeFinding("unknown", recipe, FIELD, message, "Compare: openstack project show NAME");
  }
  const remedy = "Correct the member's cloud in the recipe, or its entry in clouds.yaml";
  try {
    const { projectId } = await openCloud({ cloud, region: recipe.region }).authenticate();
    if (projectId !== project)
      return recipeFinding(
        "problem",
        recipe,
        FIELD,
        `${cloud} of clouds.yaml is for project ${projectId}, not ${project}`,
        remedy,
      );
  } catch (error) {
    return { ...problemOf("recipe", error, remedy), field: `${recipe.name}.${FIELD}` };
  }
  const how = accept ? "accepted there" : "left there to be accepted";
  return recipeFinding("ok", recipe, FIELD, `images are shared with ${project}, and ${how}`);
}
