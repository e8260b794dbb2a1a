import * as z from "zod/mini";
import type {
  InventoryImage,
  PointerChange,
  RecipeState,
} from "../../shared/image/recipe-state.ts";
import { DELETED_ELSEWHERE } from "../../shared/image/removal-plan.ts";
import { listSchema, time, timeOf } from "./document.ts";
import { namedImageSchema, viewNamedImage } from "./pointer-change.ts";

export const historyEventSchema = z.strictObject({
  /** What to pass as `--after`. */
  id: z.string(),
  /**
   * `promoted` by a run; `adopted`: a person took it into the line; `rolled-back` and `revoked` by a person; `refused`: a rollback or revoke that was not possible;
   * `deleted` by Regild; `deleted-elsewhere`: by somebody else, or by the cloud.
   */
  kind: z.enum([
    "promoted",
    "adopted",
    "rolled-back",
    "revoked",
    "refused",
    "deleted",
    "deleted-elsewhere",
  ]),
  at: time,
  /** The image that this happened to. Null: the request was refused. */
  image: z.nullable(namedImageSchema),
  /** The image that was current until then. Null: none was, or the current image stayed. */
  from: z.nullable(namedImageSchema),
  /** The image that is current from then on. Null: none is, or the current image stayed. */
  to: z.nullable(namedImageSchema),
  /** A run's id, a person, or `regild`. Null: nobody knows. */
  by: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  /** Images that a rollback passed over, or why it was refused. */
  note: z.nullable(z.string()),
});
export type HistoryEvent = z.infer<typeof historyEventSchema>;

const requestSchema = z.strictObject({
  kind: z.enum(["rollback", "revoke"]),
  at: time,
  /** Null: back to the nearest good image. */
  image: z.nullable(namedImageSchema),
  by: z.string(),
  reason: z.nullable(z.string()),
});
export type RequestView = z.infer<typeof requestSchema>;

export const historyDocument = z.extend(listSchema, {
  recipe: z.string(),
  /** Rollbacks and revokes that no worker has carried out yet, oldest first. */
  requests: z.array(requestSchema),
  /** Newest first. The last 100 changes of the current image, and the deletions that the inventory still knows. */
  events: z.array(historyEventSchema),
});

/** Newest first. */
export function historyOf(recipeState: RecipeState): HistoryEvent[] {
  const { images, pointerChanges } = recipeState;
  const known = new Set(pointerChanges.flatMap(({ kind, to }) => (kind === "promoted" ? to : [])));
  const events = [
    ...pointerChanges.map((change) => ofChange(recipeState, change)),
    // Versions before the first rollback kept no list of changes.
    ...images.flatMap((image) =>
      known.has(image.id) || image.adopted !== null
        ? []
        : promotionOf(recipeState, image, pointerChanges),
    ),
    ...images.flatMap(adoptionOf),
    ...images.flatMap(deletionOf),
  ];
  return events.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

export function requestsOf(recipeState: RecipeState): RequestView[] {
  return recipeState.pointerRequests.map(({ kind, atMs, imageId, by, reason }) => ({
    kind,
    at: timeOf(atMs),
    image: viewNamedImage(recipeState, imageId),
    by,
    reason,
  }));
}

function ofChange(recipeState: RecipeState, change: PointerChange): HistoryEvent {
  const { id, kind, atMs, by, reason, note } = change;
  const [from, to, revoked] = [change.from, change.to, change.revoked].map((imageId) =>
    viewNamedImage(recipeState, imageId),
  );
  return {
    id,
    kind,
    at: timeOf(atMs),
    image: (kind === "revoked" ? revoked : to) ?? null,
    from: from ?? null,
    to: to ?? null,
    by,
    reason,
    note,
  };
}

function promotionOf(
  recipeState: RecipeState,
  { id, name, run, promotedAtMs, replaces }: InventoryImage,
  changes: PointerChange[],
): HistoryEvent[] {
  const listedSinceMs = changes[0]?.atMs ?? Number.POSITIVE_INFINITY;
  if (promotedAtMs === null || promotedAtMs > listedSinceMs) return [];
  const image = { id, name };
  const from = viewNamedImage(recipeState, replaces);
  const at = timeOf(promotedAtMs);
  return [{ id: run, kind: "promoted", at, image, from, to: image, by: run, ...NO_TEXT }];
}

function adoptionOf({ id, name, adopted }: InventoryImage): HistoryEvent[] {
  if (adopted === null) return [];
  const { by, reason, atMs } = adopted;
  const image = { id, name };
  const none = { from: null, to: null, note: null };
  return [{ id: `adopted-${id}`, kind: "adopted", at: timeOf(atMs), image, by, reason, ...none }];
}

/** Of an image that was current once: others never were consumers' images. */
function deletionOf(image: InventoryImage): HistoryEvent[] {
  const { id, name, promotedAtMs, goneAtMs, reason, deletedAtMs } = image;
  if (promotedAtMs === null || goneAtMs === null) return [];
  const isElsewhere = reason === DELETED_ELSEWHERE;
  return [
    {
      id: `deleted-${id}`,
      kind: isElsewhere ? "deleted-elsewhere" : "deleted",
      at: timeOf(goneAtMs),
      image: { id, name },
      from: null,
      to: null,
      by: deletedAtMs === null ? null : "regild",
      reason: isElsewhere ? null : reason,
      note: deletedAtMs === null && !isElsewhere ? NOT_ANSWERED : null,
    },
  ];
}

/** Regild's own delete, or somebody else's that came first. */
const NOT_ANSWERED = "it was gone before the cloud confirmed a delete";
const NO_TEXT = { reason: null, note: null };
