import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import { cloudWords } from "../plain-text.ts";
import type { Member } from "../recipe/sharing.ts";
import { mayHideUse } from "./may-hide-use.ts";
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
    try {
      users.push(...(await usersIn(ctx, { project, cloud }, image)));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      users.push(`project ${project}, maybe: it cannot be asked (${error.message})`);
    }
  }
  return users;
}

/** @throws CloudError also if the credentials are for another project, whose servers and volumes say nothing of this one. */
async function usersIn(
  ctx: Ctx,
  { project, cloud }: { project: Member["project"]; cloud: string },
  { id, where }: { id: string; where: Where },
): Promise<string[]> {
  // The member's entry may have another default region than the one that the image is in.
  const region = await ctx.openCloud({ cloud: where.cloud, region: where.region }).region();
  const theirs = ctx.openCloud({ cloud, region });
  const { projectId } = await theirs.authenticate();
  if (projectId !== project)
    throw new CloudError(`${cloud} of clouds.yaml is for project ${projectId}, not ${project}`, {
      kind: "refused",
      code: "configuration",
    });
  const servers = await theirs.compute.serversFrom(id);
  const volumes = await theirs.volumes.volumes();
  const created = volumes.filter(({ imageId }) => imageId === id);
  const odd = volumes.filter(mayHideUse);
  const of = ` of project ${project}`;
  return [
    ...servers.map((name) => `server ${name}${of}`),
    ...created.map((v) => `volume ${cloudWords(v.name || v.id, 255)}${of}`),
    ...odd.map((v) => `volume ${v.id || "without an id"}${of}, maybe: it cannot be read`),
  ];
}
