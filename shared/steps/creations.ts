import { bootOf, seeTestFlavor, seeTestNetworks } from "../image/test-boot-server.ts";
import { findCreated } from "../image/created.ts";
import { creationProperties } from "../image/marks.ts";
import { testMetadata, testServerName } from "../image/test-server.ts";
import type { Ctx } from "../context.ts";
import { imsNameProblem, nameOfDiskImage } from "../recipe/ims-name.ts";
import { isByIms } from "../recipe/recipe.ts";
import { regionCopy } from "./copy-to-region.ts";
import { copyJob } from "./encrypt-image.ts";
import { exportJob } from "./export-image.ts";
import { imageJob } from "./image-job.ts";
import type { Volume } from "../cloud-ports.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Creation } from "../protocol/step.ts";
import {
  creationName,
  fillName,
  LONGEST_LATER_NAME_BYTES,
  LONGEST_NAME_BYTES,
  nameProblem,
  nameVariables,
  templateHasShortId,
} from "../recipe/image-name.ts";
import type { Intent, IntentKind, Run, Source, TestServer } from "../run/record.ts";
import { giveImageId } from "../source/image-id.ts";
import { stopped } from "../source/servers.ts";

/** Makes each resource at most once, and finds it again by the chosen image id or by the attempt's name. */
export const creations: Record<IntentKind, Creation> = {
  "stop-server": {
    async ready(ctx, run) {
      await ctx.cloud.authenticate("compute");
      return async (intent) => {
        const serverId = intent.serverId ?? sourceOf(run).id;
        await ctx.cloud.compute.stop(serverId);
        return stopped(run, serverId, intent.atMs);
      };
    },
    /** A server that runs without a task has not received the stop, so the stop is sent again. */
    async find(ctx, run, intent) {
      const serverId = intent.serverId ?? sourceOf(run).id;
      const server = await ctx.cloud.compute.server(serverId);
      const untouched = server?.status === "ACTIVE" && server.taskState === null;
      return untouched ? {} : stopped(run, serverId, intent.atMs);
    },
  },
  "create-image": {
    async ready(ctx, run) {
      await ctx.cloud.authenticate("compute");
      return async (intent) => {
        const properties = {
          ...creationProperties(run),
          regild_attempt: `${run.installationId}/${run.id}/${intent.id}`,
        };
        const { compute } = ctx.cloud;
        const asked = compute.createImage(
          sourceOf(run).id,
          intent.name,
          properties,
          intent.imageId,
        );
        return candidateOf(run, intent, await imageIdOf(ctx, intent, asked));
      };
    },
    find: findImage,
  },
  "image-job": imageJob,
  "upload-image": {
    async ready(ctx, run, imageId) {
      await ctx.cloud.authenticate("volume");
      const volumeId = run.volume?.id ?? sourceOf(run).volumeId ?? sourceOf(run).id;
      const { volumes } = ctx.cloud;
      const volume = await volumes.volume(volumeId);
      const answered = await askFor(ctx, run, volume, imageId);
      if (answered === null) return null;
      return async (intent) => {
        const asked = volumes.uploadImage(volumeId, {
          name: intent.name,
          diskFormat: run.recipe.image.diskFormat ?? "raw",
          force: volume?.status === "in-use",
        });
        return candidateOf(
          run,
          intent,
          await imageIdOf(ctx, intent, whenAnswered(asked, answered)),
        );
      };
    },
    find: findImage,
  },
  "create-snapshot": {
    async ready(ctx, run) {
      await ctx.cloud.authenticate("volume");
      const volumeId = sourceOf(run).volumeId ?? sourceOf(run).id;
      return async ({ name }) => {
        const { volumes } = ctx.cloud;
        const { snapshotId } = await volumes.createSnapshot(volumeId, name, resourceMetadata(run));
        return { snapshot: { id: snapshotId, name } };
      };
    },
    async find(ctx, _run, intent) {
      const created = await findOf(ctx, intent);
      return created === null ? null : { snapshot: { id: created.id, name: intent.name } };
    },
  },
  "save-disk": {
    async ready(ctx, run) {
      await ctx.cloud.authenticate("volume");
      return async ({ name }) => {
        const { volumes } = ctx.cloud;
        const { id } = sourceOf(run);
        const { snapshotId } = await volumes.createSnapshot(id, name, resourceMetadata(run));
        return savedDiskOf(snapshotId, name);
      };
    },
    async find(ctx, _run, intent) {
      const created = await findOf(ctx, intent);
      return created === null ? null : savedDiskOf(created.id, intent.name);
    },
  },
  "create-volume": {
    async ready(ctx, run) {
      const { snapshot } = run;
      if (snapshot === null) throw new Error(`${run.id} makes a volume of a snapshot it has not`);
      await ctx.cloud.authenticate("volume");
      return async ({ name }) => {
        const { volumes } = ctx.cloud;
        const { volumeId } = await volumes.createVolume(snapshot.id, name, resourceMetadata(run));
        return { volume: { id: volumeId, name } };
      };
    },
    async find(ctx, _run, intent) {
      const created = await findOf(ctx, intent);
      return created === null ? null : { volume: { id: created.id, name: intent.name } };
    },
  },
  "create-server": {
    async ready(ctx, run) {
      const test = run.recipe.testBoot;
      const imageId = run.candidate?.id;
      if (test === null || imageId === undefined) throw new Error(`${run.id} tests no image`);
      await ctx.cloud.authenticate("compute");
      const flavor = await seeTestFlavor(ctx.cloud, run.recipe);
      const networks = await seeTestNetworks(ctx.cloud, run.recipe);
      const boot = bootOf(await ctx.cloud.images.image(imageId), imageId, test.volumeGib);
      return async (intent) => {
        const server = testServerOf(intent, imageId);
        const { serverId } = await ctx.cloud.testServers.create({
          name: server.name,
          flavorId: flavor?.id ?? test.flavor,
          boot,
          networks,
          securityGroups: test.securityGroups,
          availabilityZone: server.zone,
          keyName: test.keyName,
          userData: test.userData,
          metadata: testMetadata({ run: run.id, imageId }, run.installationId),
        });
        return { testServer: { ...server, id: serverId } };
      };
    },
    async find(ctx, run, intent) {
      const created = await findOf(ctx, intent);
      const imageId = run.candidate?.id;
      if (created === null || imageId === undefined) return null;
      return { testServer: { ...testServerOf(intent, imageId), id: created.id } };
    },
  },
  "export-image": exportJob,
  "copy-image": copyJob,
  "copy-to-region": regionCopy,
};

function savedDiskOf(id: string, name: string): Partial<Run> {
  return { savedDisk: { id, name, notedAtMs: null, readyAtMs: null, preparedAtMs: null } };
}

/** Has the upload of a volume ask for the image id. Null: the volume asks for an id of somebody else. */
async function askFor(
  ctx: Ctx,
  run: Run,
  volume: Volume | null,
  imageId: string | null,
): Promise<(() => Promise<void>) | null> {
  if (volume === null) return async () => {};
  if (run.volume === null) return giveImageId(ctx, run.id, volume, imageId);
  // The snapshot's volume may have passed one on.
  const chosen = volume.imageProperties["id"] ?? null;
  if (chosen !== imageId) await ctx.cloud.volumes.chooseImageId(volume.id, imageId);
  return async () => {};
}

/** Also of a refusal: it is an answer. */
async function whenAnswered<T>(asked: Promise<T>, answered: () => Promise<void>): Promise<T> {
  try {
    const answer = await asked;
    await answered();
    return answer;
  } catch (error) {
    if (error instanceof CloudError && error.kind === "refused") await answered();
    throw error;
  }
}

function testServerOf({ name, atMs, testZone }: Intent, imageId: string): Omit<TestServer, "id"> {
  return { name, imageId, zone: testZone, createdAtMs: atMs };
}

async function findImage(ctx: Ctx, run: Run, intent: Intent): Promise<Partial<Run> | null> {
  const created = await findOf(ctx, intent);
  return created === null ? null : candidateOf(run, intent, created.id);
}

async function findOf(ctx: Ctx, { kind, name, imageId }: Intent) {
  if (kind === "stop-server" || kind === "export-image") return null;
  return findCreated(ctx, { kind, name, imageId });
}

/** A taken id means that this create succeeded and its answer was lost: nobody else knows the id. */
async function imageIdOf(
  ctx: Ctx,
  { imageId }: Intent,
  asked: Promise<{ imageId: string }>,
): Promise<string> {
  try {
    return (await asked).imageId;
  } catch (error) {
    if (!(error instanceof CloudError) || imageId === null) throw error;
    if (error.code === "id-taken") return imageId;
    if (wasAccepted(error) && (await isThere(ctx, imageId))) return imageId;
    throw error;
  }
}

/**
 * Accepted by an answer that does not name the image: by its document, Nova does so in microversion 2.44, between the
 * last `Location` and the first `image_id` (compute api-ref, "Create Image (createImage Action)").
 */
function wasAccepted({ kind, call }: CloudError): boolean {
  return kind === "unanswered" && call?.status === 202;
}

/** Nova and Cinder make the image's record before they answer. */
async function isThere({ cloud }: Ctx, imageId: string): Promise<boolean> {
  try {
    return (await cloud.images.foreign(imageId)) !== null;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return false;
  }
}

function candidateOf(run: Run, intent: Intent, imageId: string): Partial<Run> {
  return {
    imageName: imageName(run, intent.id),
    candidate: {
      id: imageId,
      attemptId: intent.id,
      creationName: intent.name,
      askedAtMs: intent.atMs,
      activeAtMs: null,
      sizeBytes: null,
      missingSinceMs: null,
      wasSaving: false,
    },
  };
}

/** Description of a temporary snapshot or volume, for people who find it. */
function resourceMetadata(run: Run): Record<string, string> {
  return { regild_run: run.id, regild_installation: run.installationId };
}

/** The fields of a run that names are built from. */
type Named = Pick<
  Run,
  "id" | "recipe" | "recipeName" | "startedAtMs" | "seq" | "attempt" | "step" | "source"
>;

/** Name in the create request. If the recipe wants another name, the promotion renames the image. */
export function nameOfAttempt(
  run: Named & Pick<Run, "unansweredAttempts">,
  kind: IntentKind,
  attemptId: string,
): string {
  if (kind === "stop-server" || kind === "export-image") return attemptId;
  // IMS takes a name once, so a create that is sent again under the same name makes no second image.
  if (kind === "image-job" || kind === "copy-image") {
    const earlier = run.unansweredAttempts.find((attempt) => attempt.kind === kind);
    if (earlier !== undefined) return earlier.name;
  }
  if (kind === "create-server") return testServerName(run.id, attemptId);
  if (kind === "create-snapshot" || kind === "save-disk" || kind === "create-volume")
    return `regild-${run.recipeName}-${attemptId}`;
  return creationName(
    imageName(run, attemptId),
    templateHasShortId(run.recipe.image.name),
    attemptId,
  );
}

/** The image's name as the recipe wants it; without `short_id`, a second attempt adds `-2`. */
function imageName(run: Named, attemptId: string): string {
  const { recipe } = run;
  const filled = fillName(
    recipe.image.name,
    nameVariables({
      recipe: recipe.name,
      cloud: recipe.cloud,
      region: recipe.region,
      atMs: run.startedAtMs,
      seq: run.seq,
      runId: run.id,
      shortId: attemptId,
      source: sourceOf(run),
    }),
  );
  return templateHasShortId(recipe.image.name) || run.attempt === 1
    ? filled
    : `${filled}-${run.attempt}`;
}

/** Why the clouds would refuse the image's name, once the source's name is filled in. Null: they accept it. */
export function filledNameProblem(run: Named): string | null {
  const filled = imageName(run, "xxxxxx");
  const devices = sourceOf(run).disks.map(({ device }) => device);
  const longestDevice = devices.toSorted((a, b) => b.length - a.length)[0];
  const name = longestDevice === undefined ? filled : nameOfDiskImage(filled, longestDevice);
  const isLater = !templateHasShortId(run.recipe.image.name);
  const longest = isLater ? LONGEST_LATER_NAME_BYTES : LONGEST_NAME_BYTES;
  const problem = isByIms(run.recipe) ? imsNameProblem(name) : nameProblem(name, longest);
  return problem === null ? null : `The image name "${name}" ${problem}`;
}

export function sourceOf(run: Pick<Run, "id" | "step" | "source">): Source {
  if (run.source === null) throw new Error(`${run.id} is in ${run.step} without a source`);
  return run.source;
}
