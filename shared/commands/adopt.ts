import {
  type Adoptee,
  refusalOfAdoption,
  refusalOfSnapshot,
  withAdopted,
  withAdoptedSnapshot,
} from "../image/adoption.ts";
import type { Ctx } from "../context.ts";
import { recipeDueAtMs } from "../image/due.ts";
import { isKnownImage } from "../image/image-set.ts";
import { imageOf } from "../image/inventory.ts";
import { missing, OWNER_PROPERTY, RETIRED_TAG } from "../image/marks.ts";
import { mark } from "../image/projection.ts";
import {
  type InventoryImage,
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../image/recipe-state.ts";
import { seeUsers } from "../image/removal-seen.ts";
import { markOf, whoseElse } from "../image/whose.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Snapshot } from "../cloud-ports.ts";
import { comparableId } from "../cloud-ids.ts";
import { reasonOf } from "../plain-text.ts";
import { commit, load } from "../protocol/actor.ts";
import { contextFor } from "../protocol/session.ts";
import type { Deps } from "../protocol/step.ts";
import { queueOf } from "../protocol/sweep.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { readStates } from "./clean-up/records.ts";

type AdoptDeps = Deps & { installationId: string };

export interface Adopting {
  recipeName: string;
  /** Of an image or a snapshot. */
  id: string;
  /** Names of every recipe that is known. */
  known: readonly string[];
  by: string;
  reason: string | null;
}

/** What would be done. */
export interface AdoptionPlan {
  /** The recipe's record before. */
  before: RecipeState;
  after: RecipeState;
  thing:
    | { kind: "image"; is: Adoptee["image"] }
    | { kind: "snapshot"; is: Snapshot; imageId: string };
}

export interface Refusal {
  refused: string;
  /** The cloud, if it has nothing by this id. */
  unknownIn?: string;
}

/** Looks at records and cloud, and changes nothing. */
export async function planAdoption(
  deps: AdoptDeps,
  asked: Adopting,
): Promise<AdoptionPlan | Refusal> {
  const { recipeName, id } = asked;
  const actor = await load(deps.store, recipeStateKey(recipeName), recipeStateSchema);
  const before = actor?.doc ?? null;
  const current = before === null ? undefined : imageOf(before, before.current ?? "");
  if (before === null || current === undefined)
    return { refused: `${recipeName} has no current image yet: regild refresh ${recipeName}` };
  const ctx = contextFor(deps, {
    recipeName,
    installationId: deps.installationId,
    cloud: current.where.cloud,
    region: current.where.region,
  });
  const recipe = await otherRecipeOf(deps, asked);
  const adopted = { by: asked.by, reason: reasonOf(asked.reason), atMs: deps.now() };
  const image = await ctx.cloud.images.image(id);
  if (image !== null) {
    const { where } = current;
    const users = (await seeUsers(ctx, before, [{ id, where, zones: [] }]))[0]?.[1] ?? [];
    const maker = await runThatMakes(deps, asked, image.name);
    const refused =
      maker === null
        ? refusalOfAdoption(before, { image, recipe, users })
        : `image ${id} has the name of what run ${maker} makes: wait until the run has ended`;
    const after = withAdopted(before, image, adopted);
    return refused === null ? { before, after, thing: { kind: "image", is: image } } : { refused };
  }
  const snapshot = await ctx.cloud.volumes.snapshot(id);
  if (snapshot === null) {
    const { cloud } = current.where;
    return {
      refused: `there is no image and no snapshot ${id} in cloud ${cloud}`,
      unknownIn: cloud,
    };
  }
  const imageId = await imageNaming(ctx.cloud.images, before, id);
  const refused = refusalOfSnapshot(before, snapshot, { imageId, recipe });
  if (refused !== null || imageId === null) return { refused: refused ?? "no image names it" };
  const after = withAdoptedSnapshot(before, snapshot, imageId, adopted.atMs);
  return { before, after, thing: { kind: "snapshot", is: snapshot, imageId } };
}

/** A run under way that may not know yet that the image is its own, as IMS shows an image before its job has ended. */
async function runThatMakes(
  { store }: Pick<AdoptDeps, "store">,
  { recipeName, known }: Pick<Adopting, "recipeName" | "known">,
  imageName: string,
): Promise<string | null> {
  for (const { activeRun } of await readStates(store, [...new Set([recipeName, ...known])])) {
    const run = activeRun === null ? null : await load(store, runKey(activeRun), runSchema);
    if (run === null) continue;
    const { intent, job, copyJob, creationNames, regionCopies = [] } = run.doc;
    const names = [
      ...[intent, job, copyJob, ...run.doc.unansweredAttempts].map((one) => one?.name),
      ...regionCopies.map((copy) => copy.job?.name),
      ...creationNames,
    ];
    if (names.includes(imageName)) return run.doc.id;
  }
  return null;
}

async function imageNaming(
  images: { image(id: string): Promise<Adoptee["image"] | null> },
  { images: entries }: RecipeState,
  snapshotId: string,
): Promise<string | null> {
  for (const { id, state } of entries) {
    if (state === "gone" || state === "deleting") continue;
    const names = (await images.image(id))?.snapshotIds ?? [];
    if (names.some((name) => comparableId(name) === comparableId(snapshotId))) return id;
  }
  return null;
}

/** Another recipe whose record has the thing, whatever has become of it there. */
async function otherRecipeOf(
  { store }: Pick<AdoptDeps, "store">,
  { recipeName, known, id }: Pick<Adopting, "recipeName" | "known" | "id">,
): Promise<string | null> {
  const others = await readStates(
    store,
    known.filter((name) => name !== recipeName),
  );
  const owner = others.find(
    (state) => isKnownImage(state, id) || state.resources.some((resource) => resource.id === id),
  );
  return owner?.recipeName ?? null;
}

const MAX_RACES = 20;

/**
 * Looks again, writes the image or snapshot into the recipe's record, and then the owner mark onto the image: the mark
 * tells recipes and other Regilds whose the image is. A worker shows the rest in the cloud, and the mark if this command
 * stopped before it. Two recipes that take one image at the same time both let go of it again.
 */
export async function adopt(deps: AdoptDeps, asked: Adopting): Promise<AdoptionPlan | Refusal> {
  const key = recipeStateKey(asked.recipeName);
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = await load(deps.store, key, recipeStateSchema);
    const plan = await planAdoption(deps, asked);
    if ("refused" in plan) return plan;
    if (actor === null || actor.doc.current !== plan.before.current) continue;
    if (JSON.stringify(actor.doc) !== JSON.stringify(plan.before)) continue;
    const won = await commit(deps, actor, plan.after, { sweepAtMs: recipeDueAtMs(plan.after) });
    if (won === null) continue;
    const other = await otherRecipeOf(deps, asked);
    const elses = other === null ? await announce(deps, plan) : null;
    if (other !== null || elses !== null) {
      await letGo(deps, asked, plan);
      const why = other === null ? elses : `it is in the line of ${other}`;
      return { refused: `somebody else has just taken ${asked.id}: ${why}` };
    }
    const { version } = won;
    const request = { key, version };
    await deps.queue.send(queueOf({ key, doc: JSON.stringify(plan.after) }), request, 0);
    return plan;
  }
  throw new Error(
    `the record of ${asked.recipeName} was changed by others ${MAX_RACES} times in a row`,
  );
}

function contextOf(deps: AdoptDeps, { before }: AdoptionPlan): Ctx {
  const { recipeName, installationId } = before;
  const where = imageOf(before, before.current ?? "")?.where;
  const place = { cloud: where?.cloud ?? "", region: where?.region ?? null };
  return contextFor(deps, { recipeName, installationId, ...place });
}

/**
 * Writes the owner mark onto the image.
 * @returns why the image is somebody else's after all. Null: it is not, or a worker will see.
 */
async function announce(deps: AdoptDeps, plan: AdoptionPlan): Promise<string | null> {
  const { after, thing } = plan;
  const entry = thing.kind === "image" ? imageOf(after, thing.is.id) : undefined;
  if (entry === undefined) return null;
  const { images } = contextOf(deps, plan).cloud;
  try {
    const now = await images.image(entry.id);
    const elses = now === null ? null : whoseElse(after, entry, now);
    if (now === null || elses !== null) return elses;
    await images.change(now, { properties: { [OWNER_PROPERTY]: markOf(after, entry) } });
    const marked = await images.image(entry.id);
    return marked === null ? null : whoseElse(after, entry, marked);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return null;
  }
}

async function letGo(deps: AdoptDeps, asked: Adopting, plan: AdoptionPlan): Promise<void> {
  const { id } = asked;
  const ctx = contextOf(deps, plan);
  const left = await ctx.changeRecipeState((state) => {
    const isLeft = state.images.some((image) => image.id === id && image.state === "retired");
    const images = isLeft ? state.images.filter((image) => image.id !== id) : state.images;
    const resources = state.resources.filter(
      (resource) =>
        !(resource.state === "kept" && (resource.id === id || (isLeft && resource.imageId === id))),
    );
    return { ...state, images, resources };
  });
  const entry = imageOf(plan.after, id);
  if (plan.thing.kind === "snapshot" || entry === undefined || imageOf(left, id) !== undefined)
    return;
  const isWanted = (await otherRecipeOf(deps, asked)) !== null;
  try {
    await unmark(ctx, plan.after, entry, { was: plan.thing.is, isWanted });
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
  }
}

/** Takes back what this command or a worker has shown of the adoption. If it fails, the recipe can still adopt the image. */
async function unmark(
  ctx: Ctx,
  line: RecipeState,
  entry: InventoryImage,
  { was, isWanted }: { was: Adoptee["image"]; isWanted: boolean },
): Promise<void> {
  const now = await ctx.cloud.images.image(entry.id);
  if (now === null || whoseElse(line, entry, now) !== null) return;
  const properties = { [OWNER_PROPERTY]: was.properties[OWNER_PROPERTY] ?? null };
  const marks = isWanted
    ? { change: { properties }, addTags: [], removeTags: [] }
    : { change: { hidden: was.hidden, properties }, addTags: [], removeTags: [RETIRED_TAG] };
  await mark(ctx, now, missing(now, marks));
}
