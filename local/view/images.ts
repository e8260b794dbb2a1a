import * as z from "zod/mini";
import {
  type Asked,
  type RecipeState,
  IMAGE_STATES,
  type InventoryImage,
  type Rules,
} from "../../shared/image/recipe-state.ts";
import { setOf } from "../../shared/image/image-set.ts";
import { beyondKeep, isOfSource, mayGoAtMs } from "../../shared/image/retention.ts";
import { pinText } from "../../shared/image/pin.ts";
import { pauseText, wholePauseAt } from "../../shared/image/pause.ts";
import type { Run } from "../../shared/run/record.ts";
import { faultSchema, viewFault } from "./current.ts";
import { ZONE_CELLS } from "./zone-cells.ts";
import { listSchema, seconds, time, timeOf, timeOrNull } from "./document.ts";

export const imageSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(IMAGE_STATES),
  /** The label that its recipe gave it. Null: none. */
  version: z.nullable(z.string()),
  run: z.string(),
  cloud: z.string(),
  region_name: z.nullable(z.string()),
  /** In the image store; null: not known yet. A volume-backed server's image has 0, its content is in snapshots. */
  stored_bytes: z.nullable(z.int()),
  snapshots: z.array(z.string()),
  /** The backup in CBR that a full-server image is made of. Null: it is none, or its backup is not known yet. */
  backup: z.nullable(z.string()),
  /**
   * Of capture data_disks: the images of all data disks of one run, in the order of the disks. The first one is this image,
   * and stands for them all. Empty: it is an image of its own.
   */
  disks: z.array(z.strictObject({ device: z.string(), image: z.string(), name: z.string() })),
  /** Names of the zones that it had to be usable in before it became current. Empty: none is named. */
  zones: z.array(z.string()),
  /** In zones where IMS has made a copy: its id there. Elsewhere the image has its own id. */
  copies: z.array(z.strictObject({ zone: z.string(), image: z.string() })),
  /**
   * Of the server that it was made of by createImage: some clouds boot servers of it only there. Null: made in another
   * way, or not told.
   */
  availability_zone: z.nullable(z.string()),
  /** Projects that Regild has made members of the image. */
  shared_with: z.array(z.string()),
  /**
   * Of Regild's own protection. `on`: it is set, or is being set. `off`: Regild takes it off. `lifted`: a person has taken it
   * off. `refused`: the cloud does not let Regild set it. Null: Regild does not protect the image.
   */
  protection: z.nullable(
    z.strictObject({
      state: z.enum(["on", "off", "lifted", "refused"]),
      /** Why the cloud refused, in its words. Null: it did not. */
      reason: z.nullable(z.string()),
    }),
  ),
  created_at: time,
  promoted_at: z.nullable(time),
  /** Of the current image: why it is of no use. Null: it is usable, as far as the last check can tell. */
  fault: z.nullable(faultSchema),
  retired_at: z.nullable(time),
  /** Kept until somebody unpins it. Null: it is not pinned. */
  pinned: z.nullable(z.strictObject({ by: z.string(), reason: z.nullable(z.string()), at: time })),
  /** Withdrawn for good. Null: it is not revoked. */
  revoked: z.nullable(z.strictObject({ by: z.string(), reason: z.nullable(z.string()), at: time })),
  next: z.strictObject({
    /**
     * `current`; `kept`: to go back to; `delete`: older than those that are kept, so deleted after `at`, unless `reason`;
     * `deleting`; `undecided`: its run goes on; `left_alone`: of a source that the recipe names no longer; `pinned`.
     */
    action: z.enum(["current", "kept", "delete", "deleting", "undecided", "left_alone", "pinned"]),
    at: z.nullable(time),
    /** Place among the images that are kept, from 1, and how many are. */
    position: z.nullable(z.int()),
    keep: z.nullable(z.int()),
    /** Of `delete` and `deleting`: why the last clean-up left it, and when. Else of `deleting`: why it goes. */
    reason: z.nullable(z.string()),
    /** When a clean-up last saw that reason to leave it. Null: nothing is known to keep it. */
    reason_seen_at: z.nullable(time),
  }),
});
export type ImageView = z.infer<typeof imageSchema>;

const rulesSchema = z.strictObject({
  keep: z.int(),
  /** Images made within this time stay as well; 0: none for that. */
  newer_than_seconds: seconds,
  cooling_off_seconds: seconds,
  max_deletes: z.int(),
});

export const imagesDocument = z.extend(listSchema, {
  recipe: z.string(),
  /** What `next` goes by: the recipe as it is now, or was at its last run if this reader does not have it. */
  rules: z.nullable(rulesSchema),
  /** What clean-ups go by until the host has read a changed recipe. */
  applied_rules: z.nullable(rulesSchema),
  images: z.array(imageSchema),
  /** The recipe's members, as a worker saw them last at the current image. Empty: it names none. */
  members: z.array(
    z.strictObject({
      project: z.string(),
      /** `pending`, `accepted` or `rejected`. Null: it does not have the image yet. */
      status: z.nullable(z.string()),
      /** Why it does not have the image in its lists. */
      problem: z.nullable(z.string()),
    }),
  ),
  /** Of the images that are listed, one cell a zone. Null: no zone is named. */
  by_zone: z.nullable(
    z.strictObject({
      zones: z.array(z.string()),
      rows: z.array(z.strictObject({ image: z.string(), cells: z.array(z.enum(ZONE_CELLS)) })),
    }),
  ),
});

/** Those that still exist, newest first. */
export function imagesOf(recipeState: RecipeState): InventoryImage[] {
  return recipeState.images
    .filter((image) => image.state !== "gone")
    .toSorted((a, b) => b.candidateAtMs - a.candidateAtMs);
}

export function viewRules(rules: Rules | null): z.infer<typeof rulesSchema> | null {
  if (rules === null) return null;
  const { keep, newerThanMs, coolingOffMs, maxDeletes } = rules;
  return {
    keep,
    newer_than_seconds: (newerThanMs ?? 0) / 1000,
    cooling_off_seconds: coolingOffMs / 1000,
    max_deletes: maxDeletes,
  };
}

/** @param run that made the image: it has seen its size. */
export function viewImage(
  recipeState: RecipeState,
  image: InventoryImage,
  run: Run | null,
  rules: Rules | null = recipeState.rules,
  nowMs = 0,
): ImageView {
  const seen = run?.candidate?.id === image.id ? run.candidate.sizeBytes : null;
  return {
    id: image.id,
    name: image.name,
    state: image.state,
    version: image.version,
    run: image.run,
    cloud: image.where.cloud,
    region_name: image.where.region,
    stored_bytes: image.sizeBytes ?? seen,
    snapshots: resourcesOf(recipeState, image, "snapshot"),
    backup: resourcesOf(recipeState, image, "backup")[0] ?? null,
    disks: setOf(recipeState, image).map(({ device, id, name }) => ({ device, image: id, name })),
    zones: image.zones.map(({ name }) => name),
    copies: image.zones.flatMap(({ name, imageId }) =>
      imageId === undefined ? [] : [{ zone: name, image: imageId }],
    ),
    availability_zone: image.availabilityZone,
    shared_with: image.sharedWith,
    protection: viewProtection(image),
    created_at: timeOf(image.candidateAtMs),
    promoted_at: timeOrNull(image.promotedAtMs),
    fault: image.id === recipeState.current ? viewFault(recipeState) : null,
    retired_at: timeOrNull(image.retiredAtMs),
    pinned: asked(image.pinned),
    revoked: asked(image.revoked),
    next: heldByPause(recipeState, nextOf(recipeState, image, rules), nowMs),
  };
}

function resourcesOf(
  { resources }: RecipeState,
  { id: imageId }: InventoryImage,
  kind: RecipeState["resources"][number]["kind"],
): string[] {
  return resources
    .filter((one) => one.imageId === imageId && one.kind === kind && one.state !== "gone")
    .map(({ id }) => id);
}

function viewProtection({ protection }: InventoryImage): ImageView["protection"] {
  return protection === null ? null : { state: protection.state, reason: protection.why };
}

function asked(is: Asked | null): { by: string; reason: string | null; at: string } | null {
  return is === null ? null : { by: is.by, reason: is.reason, at: timeOf(is.atMs) };
}

const NOTHING = { at: null, position: null, keep: null, reason: null, reason_seen_at: null };

function nextOf(
  recipeState: RecipeState,
  image: InventoryImage,
  rules: Rules | null,
): ImageView["next"] {
  switch (image.state) {
    case "candidate":
      return { ...NOTHING, action: "undecided" };
    case "current":
      return { ...NOTHING, action: "current", position: 1, keep: rules?.keep ?? null };
    case "deleting":
    case "gone":
      return { ...NOTHING, action: "deleting", reason: image.reason, ...keptBy(image) };
    case "retired":
      return nextOfRetired(recipeState, image, rules);
  }
}

function nextOfRetired(
  recipeState: RecipeState,
  image: InventoryImage,
  rules: Rules | null,
): ImageView["next"] {
  if (rules === null) return { ...NOTHING, action: "left_alone" };
  if (image.pinned === null && !isOfSource(recipeState, image)) {
    const reason = recipeState.current === null ? "no image is current" : "of another source";
    return { ...NOTHING, action: "left_alone", reason, reason_seen_at: null };
  }
  if (image.pinned !== null)
    return { ...NOTHING, action: "pinned", reason: pinText(image.pinned), reason_seen_at: null };
  const { keep } = rules;
  // All retired ones of this source, newest first: the current one is the first of those that are kept.
  const at = timeOf(mayGoAtMs(image, rules));
  if (image.revoked !== null) {
    const reason = `revoked by ${image.revoked.by}`;
    return { ...NOTHING, action: "delete", at, reason, ...keptBy(image) };
  }
  const goodOnes = beyondKeep(recipeState, 1).filter(({ revoked }) => revoked === null);
  const position = 2 + goodOnes.findIndex(({ id }) => id === image.id);
  if (position <= keep) return { ...NOTHING, action: "kept", position, keep };
  return { ...NOTHING, action: "delete", at, position, keep, ...keptBy(image) };
}

/** What a pause holds says so before a clean-up has met it. */
function heldByPause(
  recipeState: RecipeState,
  next: ImageView["next"],
  nowMs: number,
): ImageView["next"] {
  const pause = wholePauseAt(recipeState, nowMs);
  if (pause === null || next.action !== "delete") return next;
  return { ...next, reason: pauseText(pause), reason_seen_at: timeOf(pause.atMs) };
}

function keptBy({ kept }: InventoryImage) {
  return kept === null ? {} : { reason: kept.why, reason_seen_at: timeOf(kept.seenAtMs) };
}
