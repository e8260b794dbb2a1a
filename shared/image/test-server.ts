import type { Server, Volume } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { addResources, newResource } from "./backing-resources.ts";
import type { BackingResource, RecipeState } from "./recipe-state.ts";

const RUN = "regild_run";
const IMAGE = "regild_image";

/** What the record knows of a test server: enough to tell it from every other server. */
export interface TestOf {
  run: string;
  name: string;
  /** The candidate that it boots. */
  imageId: string;
}

/** @param attemptId new for each attempt, so no other server has this name. */
export function testServerName(run: string, attemptId: string): string {
  return `${PREFIX}${run}-${attemptId}`;
}
const PREFIX = "regild-test-";

/** Server metadata, unlike image properties, is handed on to nothing that is made of the server. */
export function testMetadata(
  { run, imageId }: Pick<TestOf, "run" | "imageId">,
  installationId: string,
): Record<string, string> {
  return { [RUN]: run, [IMAGE]: imageId, regild_installation: installationId };
}

/** Null: it is the test's server, and may be deleted. */
export function notOfTest(server: Server, test: TestOf): string | null {
  const { metadata, imageId } = server;
  if (server.name !== test.name) return `it is named ${server.name}`;
  if (metadata[RUN] !== test.run || metadata[IMAGE] !== test.imageId)
    return "its metadata names another test";
  // Nova shows no image of a server that boots from a volume.
  if (imageId !== null && imageId !== test.imageId) return `it was booted from image ${imageId}`;
  return null;
}

/** Found by the name of an attempt. */
export function isOfAttempt({ name, metadata }: Server, attemptName: string): boolean {
  return name === attemptName && name.startsWith(`${PREFIX}${metadata[RUN] ?? ""}-`);
}

/** A volume that Nova made for a test server, of the image or of one of the snapshots that its content lies in. */
function isVolumeOfTest(
  { imageId, snapshotId }: Volume,
  testedImageId: string,
  { resources }: RecipeState,
): boolean {
  const isOfSnapshot = (p: BackingResource) =>
    p.kind === "snapshot" && p.imageId === testedImageId && p.id === snapshotId;
  return imageId === testedImageId || resources.some(isOfSnapshot);
}

/**
 * Deletes a test server, if it still is one. Its volumes are written down first: what Nova does not delete with the server
 * is found by that. Repeating: gone already is success.
 */
export async function deleteTestServer(ctx: Ctx, resource: BackingResource): Promise<void> {
  const { id, run, where, test } = resource;
  const server = await ctx.cloud.compute.server(id);
  if (server === null || test === null || notOfTest(server, { run, ...test }) !== null) return;
  for (const volumeId of server.volumeIds) {
    const volume = await ctx.cloud.volumes.volume(volumeId);
    if (volume === null) continue;
    const made = { kind: "volume" as const, id: volumeId, run, imageId: null, where };
    const entry = { ...newResource({ ...made, state: "deleting" }, ctx.now()), test };
    await ctx.changeRecipeState((recipeState) =>
      isVolumeOfTest(volume, test.imageId, recipeState) ? addResources(recipeState, [entry]) : null,
    );
  }
  await ctx.cloud.compute.deleteServer(id);
}
