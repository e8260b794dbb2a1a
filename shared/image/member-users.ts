import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import type { RecipeState, Where } from "./recipe-state.ts";

/**
 * Servers and volumes of the recipe's members that were made of the image, as far as clouds.yaml has credentials of these
 * projects. A project that cannot be asked may use it.
 */
export async function memberUsers(
  ctx: Ctx,
  { sharing }: RecipeState,
  image: { id: string; where: Where },
): Promise<string[]> {
  const users: string[] = [];
  for (const { project, cloud } of sharing.members) {
    if (cloud === null) continue;
    const of = ` of project ${project}`;
    try {
      const theirs = ctx.openCloud({ cloud, region: image.where.region });
      const servers = await theirs.compute.serversFrom(image.id);
      const volumes = (await theirs.volumes.volumes()).filter((v) => v.imageId === image.id);
      users.push(...servers.map((name) => `server ${name}${of}`));
      users.push(...volumes.map((v) => `volume ${cloudWords(v.name || v.id, 255)}${of}`));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      users.push(`project ${project}, maybe: it cannot be asked (${error.message})`);
    }
  }
  return users;
}
