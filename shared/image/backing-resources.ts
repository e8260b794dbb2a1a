import { imageOf } from "./inventory.ts";
import type { BackingResource, RecipeState } from "./recipe-state.ts";

/** The inventory's first entry of a resource. */
export function newResource(
  made: Pick<BackingResource, "kind" | "id" | "run" | "imageId" | "where" | "state">,
  nowMs: number,
): BackingResource {
  const untried = { askedAtMs: null, missingSinceMs: null, refusedAtMs: null, why: null };
  return { ...made, ...untried, sinceMs: nowMs, test: null, disk: null };
}

/** Null: known already, or nothing new. */
export function addResources(
  recipeState: RecipeState,
  resources: BackingResource[],
): RecipeState | null {
  const fresh = resources.filter(
    (p) => !recipeState.resources.some((q) => q.kind === p.kind && q.id === p.id),
  );
  return fresh.length === 0
    ? null
    : { ...recipeState, resources: [...recipeState.resources, ...fresh] };
}

/** Records that the cloud accepted the delete of a resource. Cinder may accept one and not do it. */
export function noteAsked(recipeState: RecipeState, id: string, nowMs: number): RecipeState {
  const resources = recipeState.resources.map((p) =>
    p.id === id ? { ...p, askedAtMs: nowMs } : p,
  );
  return { ...recipeState, resources };
}

/** @param sinceMs time of the first 404 of an image. Null: it was seen again. */
export function noteResourceMissing(
  recipeState: RecipeState,
  id: string,
  sinceMs: number | null,
): RecipeState {
  const resources = recipeState.resources.map((p) =>
    p.id === id ? { ...p, missingSinceMs: sinceMs } : p,
  );
  return { ...recipeState, resources };
}

/** True if the resource's image was current once. */
export function isOfOldImage(recipeState: RecipeState, { imageId }: BackingResource): boolean {
  return (imageOf(recipeState, imageId ?? "")?.promotedAtMs ?? null) !== null;
}

/** Marks the temporary resources of a run's capture for deletion. */
export function markTemporaryForDeletion(
  recipeState: RecipeState,
  runId: string,
): RecipeState | null {
  const wanted = (p: BackingResource) =>
    p.run === runId && p.imageId === null && p.state === "kept";
  if (!recipeState.resources.some(wanted)) return null;
  return {
    ...recipeState,
    resources: recipeState.resources.map((p): BackingResource =>
      wanted(p) ? { ...p, state: "deleting" } : p,
    ),
  };
}

export function resourceGone(
  recipeState: RecipeState,
  kind: BackingResource["kind"],
  id: string,
): RecipeState | null {
  if (!recipeState.resources.some((p) => p.kind === kind && p.id === id && p.state === "deleting"))
    return null;
  const resources = recipeState.resources.map((p): BackingResource =>
    p.kind === kind && p.id === id ? { ...p, state: "gone" } : p,
  );
  return recipeState.activeRun === null
    ? forgetGoneResources({ ...recipeState, resources })
    : { ...recipeState, resources };
}

export function forgetGoneResources(recipeState: RecipeState): RecipeState {
  return { ...recipeState, resources: recipeState.resources.filter((p) => p.state !== "gone") };
}
