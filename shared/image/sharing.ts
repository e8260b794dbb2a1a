import type { Member, Sharing } from "../recipe/sharing.ts";
import { imageOf } from "./inventory.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";

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

/** @param projects that the image is not shared with any more. */
export function forgetShared(
  recipeState: RecipeState,
  imageId: string,
  projects: readonly string[],
): RecipeState | null {
  const sharedWith = imageOf(recipeState, imageId)?.sharedWith ?? [];
  const left = sharedWith.filter((project) => !projects.includes(project));
  return left.length === sharedWith.length ? null : withShared(recipeState, imageId, left);
}

function withShared(recipeState: RecipeState, imageId: string, sharedWith: string[]): RecipeState {
  return {
    ...recipeState,
    images: recipeState.images.map((image) =>
      image.id === imageId ? { ...image, sharedWith } : image,
    ),
  };
}

/**
 * Members that an image loses, of those that Regild made: projects that the recipe does not name any more and, with
 * `unshare_retired`, of a retired image those that have the current one. A pinned image stays with its members.
 * @param has members of the current image.
 */
export function toTakeBack(
  { sharing }: RecipeState,
  { state, sharedWith, pinned, revoked }: InventoryImage,
  has: ReadonlySet<string>,
): string[] {
  if (state !== "current" && state !== "retired") return [];
  const isLeft =
    state === "retired" && sharing.unshareRetired && (pinned === null || revoked !== null);
  return sharedWith.filter(
    (project) =>
      !sharing.members.some((member) => member.project === project) ||
      (isLeft && (revoked !== null || has.has(project))),
  );
}
