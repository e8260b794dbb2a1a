import type { RecipeState, InventoryImage } from "../../../shared/image/recipe-state.ts";
import { type Case, type Change, INVOCATION_MS, recently, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** The pointer names exactly one image from the first success on, a usable one, of a run that may; and we never take it away. */
export class Pointer implements Rule {
  /** Every image that was ever current, by the run that made it. */
  private readonly promoted = new Map<string, Set<string>>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { is } = this;
    const current = now.images.filter((i) => i.state === "current");
    const named = current.map((i) => i.id).join();
    if (current.length > 1) is.broken("the pointer names exactly one", named);
    if (named !== (now.current ?? ""))
      is.broken("the pointer names the current one", `${now.current ?? "none"}, not ${named}`);
    if (before?.current == null && now.current === null) return;
    const left = now.images.find((i) => i.id === before?.current);
    if (now.current === null && before?.current !== null && left?.revoked == null)
      is.broken("the pointer never goes back to none", now.recipeName);
    this.isAsked(before, now);
    const was = new Map(before?.images.map((i) => [i.id, i.state]));
    for (const image of now.images) {
      const earlier = was.get(image.id);
      if (image.state === "retired" && earlier === "current" && now.current === before?.current)
        is.broken("nothing is retired before its successor is current", image.id);
      if (image.state !== "current" || earlier === "current") continue;
      this.becomesCurrent(image, now);
    }
  }

  /** A person's wish lasts: the run that was at work then does not promote, nor does any while one is not carried out. */
  private isAsked(before: RecipeState | null, now: RecipeState): void {
    if (before === null || before.current === now.current) return;
    const { is } = this;
    const promoted = now.images.find((i) => i.id === now.current);
    const wasCandidate = before.images.find((i) => i.id === now.current)?.state === "candidate";
    if (!wasCandidate || promoted === undefined) {
      const { currentCheck, current } = before;
      const isFaulty = currentCheck?.imageId === current && currentCheck.fault?.isConfirmed;
      if (!before.pointerRequests.some(({ from }) => from === current) && isFaulty !== true)
        is.broken("only a person goes back", `${now.recipeName}: ${now.current ?? "none"}`);
      if (before.activeRun !== null) this.overruled.add(before.activeRun);
      return;
    }
    if (this.overruled.has(promoted.run))
      is.broken("a run that a person has overruled promotes nothing", promoted.run);
    if (before.pointerRequests.length > 0)
      is.broken("no run promotes while a person's request is not carried out", promoted.run);
  }
  /** Runs that were at work when a person went back. */
  private readonly overruled = new Set<string>();

  died({ id, kind, markedByUs }: Thing): void {
    if (kind !== "image" || !markedByUs) return;
    for (const { current, recipeName } of this.is.records.recipeStates.all()) {
      if (current === id) this.is.broken("the current image exists", `${recipeName}: ${id}`);
    }
  }

  private becomesCurrent(image: InventoryImage, recipeState: RecipeState): void {
    const { is } = this;
    const of = this.promoted.get(image.run) ?? new Set();
    this.promoted.set(image.run, of.add(image.id));
    if (of.size > 1) is.broken("one image of a run is promoted", `${image.run}: ${[...of].join()}`);
    if (image.revoked !== null) is.broken("no revoked image becomes current", image.id);
    // Going back to a retired one is nobody's run.
    if (of.size === 1 && image.currentAgainAtMs === null) {
      const run = is.records.run(image.run);
      if (run !== null && (run.outcome !== null || recipeState.activeRun !== run.id))
        is.broken("only the active run of a recipe promotes", `${run.id} ${image.id}`);
    }
    this.isUsable(image.id, image.currentAgainAtMs !== null);
  }

  /** @param isBack the cloud may not have answered when a person went back: somebody may have had the image since. */
  private isUsable(id: string, isBack: boolean): void {
    const { is } = this;
    const { firstZone, snapshots } = is.cloud.world;
    const image = firstZone.images.get(id);
    if (image === undefined) {
      if (!recently(is, is.things.byId.get(id)?.diedAtMs) && !(isBack && is.touched(id)))
        is.broken("what becomes current is usable", `${id} is not there`);
      return;
    }
    if (image.status !== "active" && !is.touched(id, isBack ? 0 : is.nowMs - INVOCATION_MS))
      is.broken("what becomes current is usable", `${id} is ${image.status}`);
    for (const snapshotId of snapshotsOf(image.properties)) {
      const status = snapshots.get(snapshotId)?.status ?? "gone";
      const justDied = recently(is, is.things.byId.get(snapshotId)?.diedAtMs);
      if (status !== "available" && !justDied && !(isBack && is.touched(snapshotId)))
        is.broken("what becomes current is usable", `${id}: its snapshot ${snapshotId} ${status}`);
    }
  }
}

export function snapshotsOf(properties: Record<string, string>): string[] {
  const mapping = properties["block_device_mapping"] ?? "";
  return [...mapping.matchAll(/"snapshot_id":"([0-9a-f-]{36})"/g)].flatMap((m) => m[1] ?? []);
}
