import { imageOf } from "./inventory.ts";
import type { InventoryImage, RecipeState } from "./recipe-state.ts";
import { withShared } from "./sharing.ts";

/** What one pass knows of whom the recipe's images are to be taken back from. */
export interface TakingBack {
  /** As the pass has read it first. */
  before: RecipeState;
  /** Members of the current image. */
  has: ReadonlySet<string>;
  /** Whether a project that was added before the pass was due is a member by now, or never will be. */
  isSettled: boolean;
}

/** False: another image is current since, or the recipe says otherwise. A pass of its own is due for that. */
export function isSamePass(now: RecipeState, before: RecipeState): boolean {
  return now.shareDue?.sinceMs === before.shareDue?.sinceMs && now.current === before.current;
}

/** Members that the image is to lose by what the pass knows. None, once another pass is due. */
export function stillToTakeBack(
  now: RecipeState,
  imageId: string,
  { before, has }: Pick<TakingBack, "before" | "has">,
): string[] {
  const entry = imageOf(now, imageId);
  if (entry === undefined || !isSamePass(now, before)) return [];
  const current = imageOf(now, now.current ?? "");
  const isBeside =
    current?.where.cloud === entry.where.cloud && current.where.region === entry.where.region;
  return toTakeBack(now, entry, isBeside ? has : new Set());
}

/** @param projects that the pass has taken the image back from. Null: nothing to forget. */
export function forgetShared(
  now: RecipeState,
  imageId: string,
  projects: readonly string[],
  pass: TakingBack,
): RecipeState | null {
  const taken = stillToTakeBack(now, imageId, pass).filter((p) => projects.includes(p));
  const sharedWith = imageOf(now, imageId)?.sharedWith ?? [];
  const left = sharedWith.filter((project) => !taken.includes(project));
  return taken.length === 0 ? null : withShared(now, imageId, left);
}

/**
 * Members that an image loses, of those that Regild made: projects that the recipe does not name any more and, with
 * `unshare_retired`, of a retired image those that have the current one in its place. A pinned image stays with its members.
 * @param has members of the current image.
 */
function toTakeBack(
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
