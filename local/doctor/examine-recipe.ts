import type { Cloud, Server } from "../../shared/cloud-ports.ts";
import { seeTestNetworks } from "../../shared/image/test-boot-server.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import { type Finding, problemOf } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { needOf, seeQuota } from "../../shared/source/quota.ts";
import { withBootImage } from "../../shared/source/boot-image.ts";
import { seeSource } from "../../shared/source/resolve.ts";
import { seeVault } from "../../shared/source/vault.ts";
import { seeVisibility } from "../../shared/source/visibility.ts";
import { isUploadedRaw } from "./image-findings.ts";
import { recipeFinding } from "./recipe-finding.ts";
import { recipeFindings, type SeenRecipe } from "./recipe-findings.ts";

/** Reads what a run of this recipe would meet. A service that refuses is a finding of that recipe. */
export async function examineRecipe(
  cloud: Cloud,
  recipe: Recipe,
  nowMs: number,
): Promise<Finding[]> {
  if (recipe.allowSource !== null) {
    const text = `each start names the ${recipe.source.kind}, and its run checks it against allow_source`;
    return [recipeFinding("ok", recipe, recipe.source.kind, text)];
  }
  try {
    return recipeFindings(recipe, await seeRecipe(cloud, recipe), nowMs);
  } catch (error) {
    const field = `${recipe.name}.${recipe.source.kind}`;
    return [{ ...problemOf("recipe", error, null), field }];
  }
}

/** Everything that is read in the cloud about one recipe. */
export async function seeRecipe(cloud: Cloud, recipe: Recipe): Promise<SeenRecipe> {
  const found = await withBootImage(cloud, await seeSource(cloud, recipe));
  const { testBoot, vaultId } = recipe;
  const testFlavor = testBoot === null ? null : await cloud.testServers.flavor(testBoot.flavor);
  return {
    found,
    testFlavor,
    networkProblem: await networkProblem(cloud, recipe),
    attachedTo: recipe.source.kind === "volume" ? await usersOf(cloud, found.volumes) : [],
    visibility: await seeVisibility(cloud.images, recipe),
    mayCheckContent: isUploadedRaw(recipe) && (await cloud.images.mayCheckContent()),
    vault: vaultId === null ? null : { is: await seeVault(cloud, vaultId) },
    quota: await seeQuota(cloud, needOf(recipe, found, testFlavor)),
  };
}

async function networkProblem(cloud: Cloud, recipe: Recipe): Promise<string | null> {
  try {
    await seeTestNetworks(cloud, recipe);
    return null;
  } catch (error) {
    if (error instanceof CloudError && error.kind === "refused") return error.message;
    throw error;
  }
}

async function usersOf(
  { compute }: Cloud,
  volumes: Awaited<ReturnType<typeof seeSource>>["volumes"],
): Promise<Server[]> {
  const users: Server[] = [];
  for (const { serverId } of volumes.flatMap(({ attachments }) => attachments)) {
    const server = await compute.server(serverId);
    if (server !== null) users.push(server);
  }
  return users;
}

/** Signs in once for all recipes of one cloud, not anew for each. */
export function signedInOnce(cloud: Cloud): Cloud {
  let signedIn: ReturnType<Cloud["authenticate"]> | null = null;
  return { ...cloud, authenticate: () => (signedIn ??= cloud.authenticate()) };
}
