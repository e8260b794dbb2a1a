import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** Clocks of workers differ, and a worker may sleep between its look and its write. */
const MARGIN_MS = 5 * 60_000;

export function saidNotNeeded({ outcome, timeline }: Run): boolean {
  return outcome === "skipped" && /^skipped: (fresh|unchanged)/.test(timeline.at(-1)?.text ?? "");
}

/** No image is made where the recipe says that none is needed, and one is made wherever it is. */
export class LessWork implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    if (now.outcome === null || before?.outcome !== null || !saidNotNeeded(now)) return;
    const state = this.is.records.recipeState(now.recipeName);
    const promoted = (state?.images ?? []).filter(({ promotedAtMs }) => promotedAtMs !== null);
    const text = now.timeline.at(-1)?.text ?? "";
    const image = promoted.find(({ id }) => text.includes(id));
    const rule = "a start makes no image only where none is needed";
    if (image === undefined) return this.is.broken(rule, `${now.id}: no such image was current`);
    const withinMs = now.recipe.freshWithinMs;
    if (text.startsWith("skipped: fresh")) {
      const isFresh =
        withinMs !== null && this.is.nowMs - image.candidateAtMs < withinMs + MARGIN_MS;
      if (!isFresh) this.is.broken(rule, `${now.id}: ${image.id} is old`);
      return;
    }
    const change = this.changeSince(image.where.sourceId, image.candidateAtMs);
    if (change !== null) this.is.broken(rule, `${now.id}: ${change}`);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { activeRun } = now;
    if (before === null || activeRun === null || activeRun === before.activeRun) return;
    const run = this.is.records.run(activeRun);
    const image = before.images.find(({ id }) => id === before.current);
    const withinMs = run?.recipe.freshWithinMs ?? null;
    if (run === null || withinMs === null || image?.promotedAtMs == null) return;
    const maker = this.is.records.run(image.run);
    const isOfSameInputs = JSON.stringify(maker?.recipe) === JSON.stringify(run.recipe);
    // What changed after the start may have been missed by a worker that slept.
    const isSettled =
      image.promotedAtMs < run.startedAtMs - MARGIN_MS &&
      before.currentCheck?.fault == null &&
      before.pointerChanges.every(({ atMs }) => atMs < run.startedAtMs - MARGIN_MS);
    if (isOfSameInputs && isSettled && this.is.nowMs - image.candidateAtMs < withinMs - MARGIN_MS)
      this.is.broken("a fresh image is not made again", `${activeRun} in spite of ${image.id}`);
  }

  /** By the cloud itself. */
  private changeSince(sourceId: string, sinceMs: number): string | null {
    const { servers, volumes } = this.is.cloud.world;
    const server = servers.get(sourceId);
    if (server === undefined) {
      if (!volumes.has(sourceId)) return null;
      return this.is.touched(sourceId, sinceMs + MARGIN_MS)
        ? `volume ${sourceId} was written to`
        : null;
    }
    const later = server.actions.find(
      ({ action, startAtMs }) => action !== "createImage" && startAtMs > sinceMs + MARGIN_MS,
    );
    return later === undefined ? null : `server ${sourceId} had ${later.action}`;
  }
}
