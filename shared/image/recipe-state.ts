import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import { zoneSchema } from "../recipe/recipe.ts";
import { NOT_SHARED, sharingSchema } from "../recipe/sharing.ts";
import { storedRecord } from "../stored-record.ts";

const epochMs = z.int().check(z.nonnegative());

export const IMAGE_STATES = ["candidate", "current", "retired", "deleting", "gone"] as const;
export type ImageState = (typeof IMAGE_STATES)[number];

/** The cloud, project and source of an image. If a recipe names another source now, its earlier images stay. */
const where = z.strictObject({
  cloud: z.string(),
  region: z.nullable(z.string()),
  projectId: z.string(),
  sourceId: z.string(),
});
export type Where = z.infer<typeof where>;

/** Of a full-server image: the vault that has its backup, the server that the backup is of, and when the run began. */
const backupOrigin = z.strictObject({
  vaultId: z.string(),
  serverId: z.string(),
  sinceMs: epochMs,
});

/** Who asked for something, when, and why. */
const asked = z.strictObject({
  by: z.string(),
  reason: z.nullable(z.string()),
  atMs: epochMs,
});
export type Asked = z.infer<typeof asked>;

/** What Regild has done about Glance's `protected` on an image. Written down before each request. */
const protection = z.strictObject({
  /** When it was announced. Part of the mark on the image, so that each announcement has a mark of its own. */
  atMs: epochMs,
  /**
   * - `on`: Regild sets it, or has set it.
   * - `off`: Regild takes it off, or has taken it off.
   * - `lifted`: a person has taken it off.
   * - `refused`: the cloud has refused to set it.
   */
  state: z.enum(["on", "off", "lifted", "refused"]),
  /** Why the cloud refused, in its words. Null: it did not. */
  why: z.nullable(z.string()),
});
export type Protection = z.infer<typeof protection>;

const imageZone = z.extend(zoneSchema, {
  /** The id of the copy that IMS has made there. Absent: there is none, or the zone has the image's own id. */
  imageId: z.optional(z.string()),
});
export type ImageZone = z.infer<typeof imageZone>;

const inventoryImage = z.strictObject({
  id: z.string(),
  name: z.string(),
  run: z.string(),
  attemptId: z.string(),
  where,
  /** Zones in which the image had to be usable. Empty: only the image service that made it. */
  zones: z._default(z.array(imageZone), []),
  /** Of the server that `createImage` made it of. Null: made in another way, or not told. */
  availabilityZone: z._default(z.nullable(z.string()), null),
  /** The label that its recipe gave it. Null: none. */
  version: z._default(z.nullable(z.string()), null),
  /** Of the data disk that it is an image of, such as `vdb`. The images of the other disks are resources of this one. Null: of none. */
  device: z._default(z.nullable(z.string()), null),
  /** Null: it is no full-server image, or somebody else made it. */
  backup: z._default(z.nullable(backupOrigin), null),
  state: z.enum(IMAGE_STATES),
  sizeBytes: z.nullable(z.int()),
  candidateAtMs: epochMs,
  promotedAtMs: z.nullable(epochMs),
  retiredAtMs: z.nullable(epochMs),
  deletingSinceMs: z.nullable(epochMs),
  goneAtMs: z.nullable(epochMs),
  /** When the cloud last confirmed Regild's delete. A 404 after that needs no second one. */
  deletedAtMs: z._default(z.nullable(epochMs), null),
  /** First 404 of an image that Regild did not delete. */
  missingSinceMs: z.nullable(epochMs),
  /** When the cloud last refused to delete it: in use, protected. */
  refusedAtMs: z.nullable(epochMs),
  /** Why it was marked for deletion. */
  reason: z.nullable(z.string()),
  /** Why the last clean-up did not delete the image, and when. Null: no clean-up left it. */
  kept: z._default(z.nullable(z.strictObject({ why: z.string(), seenAtMs: epochMs })), null),
  replaces: z.nullable(z.string()),
  /** When a person went back from it to an earlier image. Null: never, or it was made current again since. */
  rolledBackAtMs: z._default(z.nullable(epochMs), null),
  /** When a rollback last made it current. Null: none did. */
  currentAgainAtMs: z._default(z.nullable(epochMs), null),
  /** Who withdrew the image for good. Null: nobody. */
  revoked: z._default(z.nullable(asked), null),
  /** Who pinned the image. Null: nobody. */
  pinned: z._default(z.nullable(asked), null),
  /** Who took it into the recipe's line, as Regild did not make it. Null: a run made it. */
  adopted: z._default(z.nullable(asked), null),
  /** Digest of the statement of what made it. Null: it was promoted before there were any. */
  provenance: z._default(z.nullable(z.string()), null),
  /** Projects that Regild has made members of the image, written down before it is asked for. */
  sharedWith: z._default(z.array(z.string()), []),
  /** Null: Regild has never protected it, or a person has had the last word. */
  protection: z._default(z.nullable(protection), null),
});
export type InventoryImage = z.infer<typeof inventoryImage>;

/**
 * A snapshot, volume, test server, backup or image of a further data disk that this recipe's runs made. `kept`: its image needs it, or its run still uses it.
 * `gone`: deleted, and remembered until the active run has ended, so that the run does not adopt it again.
 */
const resource = z.strictObject({
  kind: z.enum(["snapshot", "volume", "server", "backup", "image"]),
  id: z.string(),
  run: z.string(),
  /** The image whose content the snapshot or backup holds, or that the image of a further data disk goes with. Null: a temporary resource of a capture or of a test. */
  imageId: z.nullable(z.string()),
  where,
  state: z.enum(["kept", "deleting", "gone"]),
  sinceMs: epochMs,
  /** When the cloud last accepted a delete. Null: not asked yet, or that delete has failed. */
  askedAtMs: z._default(z.nullable(epochMs), null),
  /** First 404 of an image that Regild did not delete. */
  missingSinceMs: z._default(z.nullable(epochMs), null),
  /** When the cloud last refused to delete it, or failed to. */
  refusedAtMs: z.nullable(epochMs),
  /** Why the last delete failed. Null: there was none, or it is under way. */
  why: z._default(z.nullable(z.string()), null),
  /** Of a test: the server's name, and the image that it boots. Null: it is of no test. */
  test: z._default(z.nullable(z.strictObject({ name: z.string(), imageId: z.string() })), null),
  /** Of an image: its name, and the device of the data disk that it is of. Null: it is no image. */
  disk: z._default(z.nullable(z.strictObject({ name: z.string(), device: z.string() })), null),
});
export type BackingResource = z.infer<typeof resource>;

/**
 * A create without an answer whose result was not found. Regild looks for the result until `untilMs`, and marks it
 * for deletion.
 */
const lateAttempt = z.strictObject({
  kind: z.enum([
    "create-image",
    "image-job",
    "upload-image",
    "create-snapshot",
    "save-disk",
    "create-volume",
    "create-server",
    "copy-image",
    "copy-to-region",
  ]),
  run: z.string(),
  attemptId: z.string(),
  name: z.string(),
  /** The id that its image would have, still to be used up. Null: used up, or the image is looked for by name alone. */
  imageId: z._default(z.nullable(z.string()), null),
  /** The image that a test server boots. Null: it is no create of a server. */
  testOf: z._default(z.nullable(z.string()), null),
  /** Where the backup of its image would be. Null: it makes no full-server image. */
  backup: z._default(z.nullable(backupOrigin), null),
  where,
  atMs: epochMs,
  nextCheckAtMs: epochMs,
  untilMs: epochMs,
});
export type LateAttempt = z.infer<typeof lateAttempt>;

const rules = z.strictObject({
  keep: z.int().check(z.positive()),
  /** Images younger than this stay as well. Absent: age does not count. */
  newerThanMs: z.optional(epochMs),
  coolingOffMs: epochMs,
  maxDeletes: z.int().check(z.nonnegative()),
});
export type Rules = z.infer<typeof rules>;

/** A person asks for another current image. A worker looks at the images first, then answers in `pointerChanges`. */
const pointerRequest = z.extend(asked, {
  id: z.string(),
  kind: z.enum(["rollback", "revoke"]),
  /** The current image that the person saw. */
  from: z.nullable(z.string()),
  /** The image to go back to, or to revoke. Null: go back to the nearest good image. */
  imageId: z.nullable(z.string()),
});
export type PointerRequest = z.infer<typeof pointerRequest>;

/** The current image was replaced, or a request to replace it was refused. */
const pointerChange = z.extend(asked, {
  /** Id of the request, or of the run that promoted. */
  id: z.string(),
  kind: z.enum(["promoted", "rolled-back", "revoked", "refused"]),
  from: z.nullable(z.string()),
  to: z.nullable(z.string()),
  /** The revoked image. */
  revoked: z.nullable(z.string()),
  /** Images that were passed over, or why the request was refused. */
  note: z.nullable(z.string()),
});
export type PointerChange = z.infer<typeof pointerChange>;

/** The last pause, also one that is over. */
const pause = z.extend(asked, {
  /** `everything`: no run starts by itself, and no retired image is deleted. */
  scope: z.enum(["everything", "schedule"]),
  /** When it ends, or ended. Null: it lasts until somebody resumes. */
  untilMs: z.nullable(epochMs),
  /** A person, or the run whose success ended it. Null: it lasts, or its time was over. */
  resumedBy: z.nullable(z.string()),
});
export type Pause = z.infer<typeof pause>;

/** A member of the current image, as it was seen last. */
const seenMember = z.strictObject({
  project: z.string(),
  /** `pending`, `accepted` or `rejected`. Null: it is no member yet. */
  status: z.nullable(z.string()),
  /** Why the project does not have the image in its lists. Null: it has it, or is left to accept it. */
  why: z.nullable(z.string()),
});
export type SeenMember = z.infer<typeof seenMember>;

const currentCheck = z.strictObject({
  /** The image that was checked. A later current image was not checked yet. */
  imageId: z.string(),
  dueAtMs: epochMs,
  /** When it was last seen to be good. Null: no check has seen that yet. */
  goodAtMs: z.nullable(epochMs),
  fault: z.nullable(
    z.strictObject({
      /** `deleted`, the status of the image, `not-synchronised`, `not-in-every-zone` or `set-broken`. */
      status: z.string(),
      /** The evidence: the cloud's reason, or the zone and what it shows. Null: the status says it all. */
      why: z._default(z.nullable(z.string()), null),
      /** When it was seen first. */
      sinceMs: epochMs,
      /** True if a second check, some time later, saw the fault as well. */
      isConfirmed: z.boolean(),
    }),
  ),
});
export type CurrentCheck = z.infer<typeof currentCheck>;

/** One record per recipe: its active and queued runs, its current image, and the state of every image. */
export const recipeStateSchema = storedRecord(
  z.strictObject({
    schema: z.literal(2),
    recipeName: z.string(),
    installationId: z.string(),
    seq: z.int().check(z.nonnegative()),
    activeRun: z.nullable(z.string()),
    /** When to check whether the active run has ended. Null: there is none. */
    checkRunAtMs: z.nullable(epochMs),
    /** Runs that wait for the one at work, in the order of their starts. */
    queuedRuns: z._default(z.array(z.strictObject({ id: z.string(), startedAtMs: epochMs })), []),
    current: z.nullable(z.string()),
    images: z.array(inventoryImage),
    resources: z.array(resource),
    lateAttempts: z.array(lateAttempt),
    /** The last check of the current image between runs. Null: there was none. */
    currentCheck: z._default(z.nullable(currentCheck), null),
    /** The retention rules of clean-ups. Null: no image was promoted yet. */
    rules: z.nullable(rules),
    /** Open requests to change the current image, oldest first. While there is one, no run promotes. */
    pointerRequests: z._default(z.array(pointerRequest), []),
    /** Newest last. */
    pointerChanges: z._default(z.array(pointerChange), []),
    /** Null: there was none yet. */
    pause: z._default(z.nullable(pause), null),
    /** The run at work when a person went back: its image is not promoted. */
    barredRun: z._default(z.nullable(z.string()), null),
    /** The image that has the tag of the current image. After a promotion this is the previous image for a moment. */
    shown: z.nullable(z.string()),
    /** When to set tags and visibility in the clouds. Null: they show the current image. */
    projectAtMs: z.nullable(epochMs),
    /** When an image was pinned or unpinned last. Null: never, or before this was written down. */
    pinsChangedAtMs: z._default(z.nullable(epochMs), null),
    /** Whether Regild protects the current and the kept images, as the recipe last said. */
    protects: z._default(z.boolean(), false),
    /** When the recipe last changed that between two runs. Null: never. */
    protectsChangedAtMs: z._default(z.nullable(epochMs), null),
    /** With whom images are shared, as the recipe last said. */
    sharing: z._default(sharingSchema, NOT_SHARED),
    /** When to bring the members of the images in line, and since when they may not be. Null: they are. */
    shareDue: z._default(z.nullable(z.strictObject({ atMs: epochMs, sinceMs: epochMs })), null),
    /** The recipe's members, at the last look at the image that was current then. */
    seenMembers: z._default(z.array(seenMember), []),
    /** Next check between runs of what must still be deleted. */
    retryAtMs: z.nullable(epochMs),
    /** Seconds that the last uploads took, newest last. */
    uploadSeconds: z.array(z.number().check(z.nonnegative())),
    /** How long its last exports took. Absent: it has exported nothing. */
    exportSeconds: z.optional(z.array(z.number().check(z.nonnegative()))),
    lastRun: z.nullable(
      z.strictObject({
        id: z.string(),
        outcome: z.string(),
        code: z.nullable(z.string()),
        endedAtMs: epochMs,
      }),
    ),
    failuresInRow: z.int().check(z.nonnegative()),
    /** When a run last found that no image was needed. Null: none has. */
    notNeededAtMs: z._default(z.nullable(epochMs), null),
    /** Runs since the last success whose content was probably refused, all of the same recipe; null: there was none. */
    refusedContent: z._default(
      z.nullable(
        z.strictObject({
          recipeDigest: z.string(),
          runs: z.int().check(z.positive()),
          lastRun: z.string(),
        }),
      ),
      null,
    ),
  }),
);
export type RecipeState = z.infer<typeof recipeStateSchema>;

export function recipeStateKey(recipeName: string): Key {
  return { pk: `R#${recipeName}`, sk: "head" };
}

export function emptyRecipeState(recipeName: string, installationId: string): RecipeState {
  return {
    schema: 2,
    recipeName,
    installationId,
    seq: 0,
    activeRun: null,
    checkRunAtMs: null,
    queuedRuns: [],
    current: null,
    images: [],
    resources: [],
    lateAttempts: [],
    currentCheck: null,
    rules: null,
    pointerRequests: [],
    pointerChanges: [],
    pause: null,
    barredRun: null,
    shown: null,
    projectAtMs: null,
    pinsChangedAtMs: null,
    protects: false,
    protectsChangedAtMs: null,
    sharing: NOT_SHARED,
    shareDue: null,
    seenMembers: [],
    retryAtMs: null,
    uploadSeconds: [],
    lastRun: null,
    failuresInRow: 0,
    notNeededAtMs: null,
    refusedContent: null,
  };
}
