import type { BackupOrigin } from "../backups.ts";
import type {
  BackingResource,
  InventoryImage,
  LateAttempt,
  RecipeState,
  Where,
} from "../image/recipe-state.ts";
import { imageOf, newCandidate, noteCopies, register } from "../image/inventory.ts";
import { addResources, newResource } from "../image/backing-resources.ts";
import { fenceName } from "../image/fence.ts";
import { nameOfDiskImage } from "../recipe/ims-name.ts";
import { zonesOf } from "../image/region-copy.ts";
import type { Intent, Job, RegionCopy, Run, TestServer } from "./record.ts";

/** Inventory entries of the images and resources that a run has made. */

/** The one line of images of a recipe whose starts name the source: `keep` counts them together. */
const ANY_ALLOWED = "any allowed source";

export function whereOf(run: Run): Where | null {
  if (run.source === null) return null;
  const { cloud, region } = run.recipe;
  const sourceId = run.recipe.allowSource === null ? run.source.id : ANY_ALLOWED;
  return { cloud, region, projectId: run.source.projectId, sourceId };
}

export function candidateImage(run: Run, nowMs: number): InventoryImage | null {
  const where = whereOf(run);
  if (run.candidate === null || where === null) return null;
  const { id, attemptId, creationName, sizeBytes } = run.candidate;
  const name = run.imageName ?? creationName;
  const { version } = run.recipe.image;
  const made = newCandidate({ id, name, run: run.id, attemptId, where, sizeBytes }, nowMs);
  const { capture } = run.recipe;
  const zones = zonesOf(run);
  const availabilityZone = capture === "server" ? (run.source?.availabilityZone ?? null) : null;
  const device = run.source?.disks[0]?.device ?? null;
  return { ...made, version, zones, availabilityZone, device, backup: backupOriginOf(run) };
}

/** The record with the run's candidate in it, and the images that go with it, in one write. Null: it has them all. */
export function withImages(recipeState: RecipeState, run: Run, nowMs: number): RecipeState | null {
  const entry = candidateImage(run, nowMs);
  if (entry === null) return null;
  const { id: imageId, where } = entry;
  const registered = register(recipeState, entry) ?? noteCopies(recipeState, imageId, entry.zones);
  const state = imageOf(recipeState, imageId)?.state === "gone" ? "deleting" : "kept";
  const made = { kind: "image" as const, run: run.id, imageId, where, state } as const;
  const others = run.diskImages.map(({ id, name, device }) => ({
    ...newResource({ ...made, id }, nowMs),
    disk: { name, device },
  }));
  return addResources(registered ?? recipeState, others) ?? registered;
}

/** Null: the run makes no full-server image. */
export function backupOriginOf({ recipe, source, startedAtMs }: Run): BackupOrigin | null {
  if (recipe.capture !== "full_server" || recipe.vaultId === null || source === null) return null;
  return { vaultId: recipe.vaultId, serverId: source.id, sinceMs: startedAtMs };
}

/** Test server, volume and snapshot that exist only for this run. */
export function temporaryResources(
  run: Run,
  state: BackingResource["state"],
  nowMs: number,
): BackingResource[] {
  const where = whereOf(run);
  if (where === null) return [];
  const { testServer: server, volume, snapshot } = run;
  const made = { run: run.id, imageId: null, where, state };
  return [
    ...(server === null
      ? []
      : [
          {
            ...newResource({ kind: "server", id: server.id, ...made }, nowMs),
            test: testOf(server),
          },
        ]),
    ...(volume === null ? [] : [newResource({ kind: "volume", id: volume.id, ...made }, nowMs)]),
    ...(snapshot === null
      ? []
      : [newResource({ kind: "snapshot", id: snapshot.id, ...made }, nowMs)]),
  ];
}

function testOf({ name, imageId }: TestServer): BackingResource["test"] {
  return { name, imageId };
}

/** Snapshots that hold an image's content. */
export function snapshotResources(
  run: Run,
  imageId: string,
  snapshotIds: string[],
  state: BackingResource["state"],
  nowMs: number,
): BackingResource[] {
  const where = whereOf(run);
  if (where === null) return [];
  const made = { kind: "snapshot" as const, run: run.id, imageId, where, state };
  return snapshotIds.map((id) => newResource({ ...made, id }, nowMs));
}

/**
 * Regild deletes the result of an unanswered create that appears within 24 h of its run's end. This is an hour more,
 * because clocks differ and a worker may sleep between its last check of the clock and the end.
 */
const WATCH_MS = 25 * 3_600_000;
const FIRST_CHECK_MS = 60_000;

/** Those whose results are in the run's own cloud. A copy by IMS is looked for between runs. */
export function lateAttemptsHere(run: Run, nowMs: number): LateAttempt[] {
  return lateAttempts(run, nowMs).filter(({ kind }) => kind !== "copy-to-region");
}

export function lateAttempts(run: Run, nowMs: number): LateAttempt[] {
  const { triedImageId, copyJob, plainImage } = run;
  const isCopying = copyJob !== undefined && plainImage === undefined;
  const unanswered = [...run.unansweredAttempts, ...(run.intent === null ? [] : [run.intent])];
  return [
    ...(triedImageId === null ? [] : lateTrial(run, triedImageId, nowMs)),
    ...(isCopying ? lateCopy(run, copyJob, nowMs) : []),
    ...(run.regionCopies ?? []).flatMap((copy) => lateRegionCopy(run, copy, nowMs)),
    ...unanswered.flatMap(({ kind, id, name, imageId, atMs, copyZone }: Intent) =>
      kind === "stop-server" || kind === "export-image"
        ? []
        : namesOf(run, { kind, id, name }).flatMap((one) =>
            lateAttempt(run, { ...one, kind, imageId, atMs, copyZone }, nowMs),
          ),
    ),
  ];
}

/** The id of a copy that IMS makes in another region is not known yet. */
function lateRegionCopy(
  run: Run,
  { zone, job, imageId }: RegionCopy,
  nowMs: number,
): LateAttempt[] {
  if (job === undefined || imageId !== undefined) return [];
  const { attemptId, name, askedAtMs: atMs } = job;
  const attempt = { kind: "copy-to-region" as const, attemptId, name, imageId: null, atMs };
  return lateAttempt(run, { ...attempt, copyZone: zone }, nowMs);
}

/** The encrypted copy is not the run's candidate yet. */
function lateCopy(run: Run, { attemptId, name, askedAtMs: atMs }: Job, nowMs: number) {
  return lateAttempt(run, { kind: "copy-image", attemptId, name, imageId: null, atMs }, nowMs);
}

/** The create of a set of images may have made each of them. */
function namesOf(
  { source }: Run,
  { kind, id, name }: Pick<Intent, "kind" | "id" | "name">,
): Array<Pick<LateAttempt, "attemptId" | "name">> {
  const disks = kind === "image-job" ? (source?.disks ?? []) : [];
  if (disks.length === 0) return [{ attemptId: id, name }];
  return disks.map(({ device }) => ({
    attemptId: `${id}-${device}`,
    name: nameOfDiskImage(name, device),
  }));
}

/** The empty image by which the run was trying out an id may be left. */
export function lateTrial(run: Run, imageId: string, nowMs: number): LateAttempt[] {
  const trial = { kind: "create-image" as const, attemptId: imageId, name: fenceName(imageId) };
  return lateAttempt(run, { ...trial, imageId, atMs: nowMs }, nowMs);
}

/**
 * Creates of an image that may have left snapshots which no image names any more: Nova makes those of a volume-backed
 * server first, and a person who deletes only the image leaves them. They are found by their name once the image is gone.
 * @param isUndone the run has looked for such snapshots already, except for those of images that still exist.
 */
export function attemptsWithSnapshots(
  run: Run,
  recipeState: RecipeState,
  { isUndone, nowMs }: { isUndone: boolean; nowMs: number },
): LateAttempt[] {
  if (run.source?.volumeBacked !== true) return [];
  const { candidate } = run;
  const image = recipeState.images.find(({ id }) => id === candidate?.id);
  const isKnown =
    image === undefined ||
    image.promotedAtMs !== null ||
    recipeState.resources.some(({ imageId }) => imageId === image.id);
  return run.creationNames.flatMap((name) => {
    const isOfImage = name === candidate?.creationName;
    const isSettled = isOfImage ? isKnown || image.state === "gone" : isUndone;
    const attemptId = isOfImage ? candidate.attemptId : (name.split("-").at(-1) ?? name);
    const attempt = { kind: "create-image" as const, attemptId, name, imageId: null, atMs: nowMs };
    return isSettled ? [] : lateAttempt(run, attempt, nowMs);
  });
}

function lateAttempt(
  run: Run,
  {
    copyZone,
    ...attempt
  }: Pick<LateAttempt, "kind" | "attemptId" | "name" | "imageId" | "atMs"> &
    Partial<Pick<Intent, "copyZone">>,
  nowMs: number,
): LateAttempt[] {
  const here = whereOf(run);
  if (here === null) return [];
  const zone = run.recipe.zones.find(({ name }) => name === copyZone);
  const projectId = run.regionCopies?.find((copy) => copy.zone === copyZone)?.projectId;
  const where =
    zone === undefined || projectId === undefined
      ? here
      : { ...here, projectId, cloud: zone.cloud ?? here.cloud, region: zone.region };
  return [
    {
      ...attempt,
      testOf: attempt.kind === "create-server" ? (run.candidate?.id ?? null) : null,
      backup: backupOriginOf(run),
      run: run.id,
      where,
      nextCheckAtMs: nowMs + FIRST_CHECK_MS,
      // By then the run has ended, also if it went on to its next attempt and left this create to the inventory.
      untilMs: Math.max(nowMs, run.deadlineAtMs) + WATCH_MS,
    },
  ];
}
