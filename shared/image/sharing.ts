import type { Member, Sharing } from "../recipe/sharing.ts";
import { imageOf } from "./inventory.ts";
import type { RecipeState } from "./recipe-state.ts";

/** Has the members of all images brought in line now, if there are any to add or to take back. */
export function shareSoon(recipeState: RecipeState, nowMs: number): RecipeState {
  const isAny =
    recipeState.sharing.members.length > 0 ||
    recipeState.images.some(({ sharedWith }) => sharedWith.length > 0);
  return isAny ? { ...recipeState, shareDue: { atMs: nowMs, sinceMs: nowMs } } : recipeState;
}

/** Applies a changed recipe at once, not only from its next run. Null: nothing to change. */
export function adoptSharing(
  recipeState: RecipeState,
  sharing: Sharing,
  nowMs: number,
): RecipeState | null {
  return recipeState.rules === null || isSame(recipeState.sharing, sharing)
    ? null
    : shareSoon({ ...recipeState, sharing }, nowMs);
}

function isSame(a: Sharing, b: Sharing): boolean {
  return (
    a.unshareRetired === b.unshareRetired &&
    a.members.length === b.members.length &&
    a.members.every((member, at) => isSameMember(member, b.members[at]))
  );
}

function isSameMember(a: Member, b: Member | undefined): boolean {
  return a.project === b?.project && a.cloud === b.cloud && a.accept === b.accept;
}

/** True if the image is current and the recipe still names the project. */
export function isToShare(recipeState: RecipeState, imageId: string, project: string): boolean {
  return (
    recipeState.current === imageId &&
    recipeState.sharing.members.some((member) => member.project === project)
  );
}

/** Null: the image may not be shared with any of them (any more). */
export function announceShared(
  recipeState: RecipeState,
  imageId: string,
  projects: readonly string[],
): RecipeState | null {
  const entry = imageOf(recipeState, imageId);
  const more = projects.filter(
    (project) =>
      isToShare(recipeState, imageId, project) && entry?.sharedWith.includes(project) === false,
  );
  return more.length === 0
    ? null
    : withShared(recipeState, imageId, [...(entry?.sharedWith ?? []), ...more]);
}

export function withShared(
  recipeState: RecipeState,
  imageId: string,
  sharedWith: string[],
): RecipeState {
  return {
    ...recipeState,
    images: recipeState.images.map((image) =>
      image.id === imageId ? { ...image, sharedWith } : image,
    ),
  };
}
