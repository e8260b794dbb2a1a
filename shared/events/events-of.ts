import { createHash } from "node:crypto";
import { faultOfCurrent } from "../image/current-check.ts";
import { type RecipeState, recipeStateSchema, type InventoryImage } from "../image/recipe-state.ts";
import { imageOf } from "../image/inventory.ts";
import { beyondKeep, mayGoAtMs } from "../image/retention.ts";
import type { Item } from "../ports.ts";
import { readDocument } from "../read-document.ts";
import { type Run, runSchema } from "../run/record.ts";
import {
  type ApprovalDetail,
  type DeletedDetail,
  ENDED,
  type PausedDetail,
  type PromotedDetail,
  type RegildEvent,
  type RunDetail,
  type ToBeDeletedDetail,
  type UsableDetail,
} from "./event.ts";

/** One write of the store, as its stream tells of it. */
export interface Change {
  /** Null: it was not there. */
  before: Item | null;
  /** Null: it was deleted, as DynamoDB does with what has expired. */
  after: Item | null;
  writtenAtMs: number;
}

type Common = Pick<RunDetail, "schema" | "id" | "version" | "at">;
type CommonOf = (type: RegildEvent["type"], subject: string) => Common;

/**
 * What others are to be told of a change; mostly nothing. Events come from what was committed, so nothing is told that
 * did not happen, and the same change gives the same events whenever it is asked for.
 * @throws Error for a record that cannot be read.
 */
export function eventsOf({ before, after, writtenAtMs }: Change): RegildEvent[] {
  // A mark beside the version (`cancelAtMs`, `sweepAtMs`) is no commit.
  if (after === null || before?.version === after.version) return [];
  const { key, version } = after;
  const at = new Date(writtenAtMs).toISOString();
  const common: CommonOf = (type, subject) => ({
    schema: "regild/v1",
    id: idOf(after, type, subject),
    version,
    at,
  });
  if (key.sk === "head") {
    const earlier = before && readDocument(before.doc, recipeStateSchema);
    return ofRecipeState(common, earlier, readDocument(after.doc, recipeStateSchema));
  }
  if (key.sk.startsWith("run#")) {
    const earlier = before && readDocument(before.doc, runSchema);
    return ofRun(common, earlier, readDocument(after.doc, runSchema));
  }
  return [];
}

/** Versions begin anew in a table that was restored from a backup; the names of commits do not. */
function idOf({ key, version, writeId }: Item, type: string, subject: string): string {
  const parts = [key.pk, key.sk, version, writeId, type, subject];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 32);
}

function ofRun(common: CommonOf, before: Run | null, after: Run): RegildEvent[] {
  const { id, recipeName, recipe } = after;
  const of = { recipe: recipeName, run: id, cloud: recipe.cloud, region_name: recipe.region };
  const events: RegildEvent[] = [];
  if (before === null) {
    const type = "Run Started";
    const nothingYet = { outcome: null, image: null, failure: null, joined_run: null };
    events.push({ type, detail: { ...common(type, ""), ...of, ...nothingYet } });
  }
  const { approval, candidate } = after;
  if (approval !== null && candidate !== null && (before?.approval ?? null) === null) {
    const type = "Run Waiting For Approval";
    const detail: ApprovalDetail = {
      ...common(type, candidate.id),
      ...of,
      image: { id: candidate.id, name: after.imageName ?? candidate.creationName },
      until: new Date(approval.untilMs).toISOString(),
    };
    events.push({ type, detail });
  }
  if (after.outcome !== null && (before?.outcome ?? null) === null) {
    const type = ENDED[after.outcome];
    events.push({ type, detail: { ...common(type, ""), ...of, ...endOf(after) } });
  }
  return events;
}

function endOf({ outcome, candidate, imageName, failure, joinedRunId }: Run) {
  const created = outcome === "succeeded" ? candidate : null;
  return {
    outcome,
    image: created === null ? null : { id: created.id, name: imageName ?? created.creationName },
    failure:
      failure === null || outcome === "succeeded"
        ? null
        : { code: failure.code, message: clipped(failure.message), step: failure.step },
    joined_run: joinedRunId,
  };
}

function ofRecipeState(
  common: CommonOf,
  before: RecipeState | null,
  after: RecipeState,
): RegildEvent[] {
  const events: RegildEvent[] = [];
  const about = (image: InventoryImage) => ({
    recipe: after.recipeName,
    run: image.run,
    cloud: image.where.cloud,
    region_name: image.where.region,
    image: { id: image.id, name: image.name },
  });
  const replaces = before?.current ?? null;
  if (after.current !== null && after.current !== replaces) {
    const type = "Image Promoted";
    const image = imageOf(after, after.current);
    if (image === undefined) throw new Error(`the inventory does not list ${after.current}`);
    const rollback = before !== null && imageOf(before, image.id)?.state === "retired";
    const detail: PromotedDetail = {
      ...common(type, image.id),
      ...about(image),
      replaces,
      rollback,
    };
    events.push({ type, detail });
  }
  const [was, is] = [before === null ? null : faultOfCurrent(before), faultOfCurrent(after)];
  const current = imageOf(after, after.current ?? "");
  // An image that became current instead is told of above.
  if (current !== undefined && after.current === replaces && was?.status !== is?.status) {
    const type = is === null ? "Current Image Usable Again" : "Current Image Unusable";
    const detail: UsableDetail = {
      ...common(type, current.id),
      ...about(current),
      status: is?.status ?? null,
      noticed_at: is === null ? null : new Date(is.sinceMs).toISOString(),
    };
    events.push({ type, detail });
  }
  events.push(...ofPause(common, before, after));
  for (const { image, atMs } of toGoSince(before, after)) {
    const type = "Image To Be Deleted";
    const detail: ToBeDeletedDetail = {
      ...common(type, image.id),
      ...about(image),
      deleted_after: new Date(atMs).toISOString(),
    };
    events.push({ type, detail });
  }
  for (const image of goneSince(before, after)) {
    const type = "Image Deleted";
    const detail: DeletedDetail = {
      ...common(type, image.id),
      ...about(image),
      was_current: image.promotedAtMs !== null,
      reason: image.reason === null ? null : clipped(image.reason),
    };
    events.push({ type, detail });
  }
  return events;
}

/** A pause that ends at its time is no write, so the event of its beginning says when it ends. */
function ofPause(
  common: CommonOf,
  before: RecipeState | null,
  { recipeName: recipe, pause, lastRun }: RecipeState,
): RegildEvent[] {
  const earlier = before?.pause ?? null;
  if (pause === null) return [];
  const isNew = earlier?.atMs !== pause.atMs || earlier.by !== pause.by;
  const isOver = pause.resumedBy !== null && (isNew || earlier.resumedBy === null);
  if (!isOver && !isNew) return [];
  const type = isOver ? "Recipe Resumed" : "Recipe Paused";
  const detail: PausedDetail = {
    ...common(type, ""),
    recipe,
    cloud: null,
    region_name: null,
    run: pause.scope === "schedule" ? (lastRun?.id ?? null) : null,
    scope: pause.scope,
    by: (isOver ? pause.resumedBy : null) ?? pause.by,
    reason: pause.reason === null ? null : clipped(pause.reason),
    until: isOver || pause.untilMs === null ? null : new Date(pause.untilMs).toISOString(),
  };
  return [{ type, detail }];
}

interface Going {
  image: InventoryImage;
  atMs: number;
}

/**
 * Images that people may use and that are to be deleted by this write, or later because of this write. An image that is
 * marked for deletion was told of when it had no place among the kept ones any more.
 */
function toGoSince(before: RecipeState | null, after: RecipeState): Going[] {
  const known = new Set(before === null ? [] : toGo(before).map(({ image }) => image.id));
  return toGo(after).filter(({ image }) => !known.has(image.id));
}

function toGo(recipeState: RecipeState): Going[] {
  const { images, rules } = recipeState;
  const isForUse = ({ promotedAtMs, adopted }: InventoryImage) =>
    promotedAtMs !== null || adopted !== null;
  const beyond = rules === null ? [] : beyondKeep(recipeState, rules.keep);
  return [
    ...beyond.map((image) => ({ image, atMs: rules === null ? 0 : mayGoAtMs(image, rules) })),
    ...images
      .filter((image) => image.state === "deleting" && isForUse(image))
      .map((image) => ({ image, atMs: image.deletingSinceMs ?? 0 })),
  ];
}

/** A long inventory forgets an image in the very write that finds it gone: only what was marked for deletion can be. */
function goneSince(before: RecipeState | null, after: RecipeState): InventoryImage[] {
  const earlier = before?.images ?? [];
  const forgotten = earlier.filter(
    ({ id, state }) => state === "deleting" && imageOf(after, id) === undefined,
  );
  const known = new Set(earlier.flatMap(({ id, state }) => (state === "gone" ? [id] : [])));
  return [...forgotten, ...after.images.filter((i) => i.state === "gone" && !known.has(i.id))];
}

/** So that ten events of the longest fit into one request. */
const MAX_TEXT = 1000;

function clipped(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
