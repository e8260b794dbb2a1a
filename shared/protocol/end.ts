import {
  addResources,
  markTemporaryForDeletion,
  forgetGoneResources,
} from "../image/backing-resources.ts";
import { awaitLateAttempts } from "../image/late-attempts.ts";
import { markForDeletion, imageOf } from "../image/inventory.ts";
import { noteKept } from "../image/not-deleted.ts";
import { noteKeptImages, whyStillThere } from "../image/kept-images.ts";
import { pauseAfterRun } from "../image/pause.ts";
import type { RecipeState, InventoryImage, BackingResource } from "../image/recipe-state.ts";
import { countRefusedContent } from "../run/schedule-hold.ts";
import {
  attemptsWithSnapshots,
  lateAttempts,
  temporaryResources,
  withImages,
} from "../run/created-by-run.ts";
import { exportAtEnd, exportLeft } from "../run/exported.ts";
import { dequeue } from "../run/queued-runs.ts";
import { type Outcome, serverLeft, type Run } from "../run/record.ts";
import { released, type SourceItem } from "../source/item.ts";
import { noted } from "../source/save-disk.ts";
import { byHand } from "../source/saved-disk.ts";
import { leaveRoom } from "./room.ts";
import type { Session } from "./session.ts";

/**
 * Ends a run: releases the sources, then the recipe state, then closes the record. Stopping after any of these writes is
 * safe. The inventory and the source records keep what is not undone yet, and Regild repeats that until it is done. Makes
 * no call to the cloud, so a run ends whatever the cloud does.
 * @param kept images and resources that were not deleted, and why. A text: why none could be deleted.
 */
export async function end(
  session: Session,
  text: string,
  kept: Array<{ id: string; why: string }> | string,
): Promise<"over"> {
  const { run, ctx, deps } = session;
  const now = deps.now();
  const leftovers: string[] = [];
  await leaveRoom(ctx, run);
  for (const id of run.source?.lockIds ?? []) {
    const source = await ctx.changeSource(id, (s) => released(withDisk(s, run), run.id, now));
    if (source.owner === null && source.savedDisk !== null && source.savedDisk.stage !== "watched")
      leftovers.push(byHand(source.savedDisk, id));
    if (source.owner === null && source.wishedPower !== null)
      leftovers.push(`server ${id} still has to be started`);
  }
  const recipeState = await ctx.changeRecipeState((h) => {
    const next = handOn(h, run, { isUndone: typeof kept !== "string", nowMs: now });
    const images = next.images.filter((image) => image.state === "deleting" && isOwn(image, run));
    const resources = next.resources.filter((p) => p.state === "deleting" && isOwn(p, run));
    const all = [...resources, ...images.map((image) => ({ ...image, why: whyStillThere(image) }))];
    const reasons = typeof kept === "string" ? allFor(kept, all) : kept;
    const owned = noteKept(next, resources, reasons) ?? next;
    const ids = new Set(images.map(({ id }) => id));
    const ofImages = reasons.filter(({ id }) => ids.has(id));
    const noted = noteKeptImages(owned, ofImages, now) ?? owned;
    return noted === h ? null : noted;
  });
  const outcome = outcomeOf(run, recipeState);
  for (const image of recipeState.images) {
    if (image.state === "deleting" && isOwn(image, run))
      leftovers.push(stillThere("image", { ...image, why: whyStillThere(image) }));
  }
  // A snapshot stays as long as a volume that was made from it, so volumes are named first.
  for (const resource of recipeState.resources.toSorted((a, b) => b.kind.localeCompare(a.kind))) {
    if (resource.state === "deleting" && isOwn(resource, run))
      leftovers.push(stillThere(resource.kind, resource));
  }
  const left = serverLeft(run);
  const whyNot = typeof kept === "string" ? kept : null;
  const why = run.afterPromote?.kept ?? whyNot;
  if (left !== null) leftovers.push(why === null ? left : `${left}: ${why}`);
  const promoted = outcome === "succeeded";
  const ofExport = exportAtEnd({ ...run, promoted }, whyNot, now);
  const notExported = exportLeft({ ...run, ...ofExport });
  if (notExported !== null) leftovers.push(notExported);
  session.record("step", [text, ...leftText(leftovers)].join("; left: "));
  await session.save({ ...ofExport, outcome, leftovers, endedAtMs: now, promoted });
  return "over";
}

/** The snapshot of the disk, if the run could not hand it over. Nothing was prepared then. */
function withDisk(source: SourceItem, run: Run): SourceItem {
  const { savedDisk, source: own } = run;
  if (savedDisk?.notedAtMs !== null || source.id === own?.id) return source;
  const attachment = { device: null, tag: null, deleteOnTermination: false };
  return noted(source, run, { snapshotId: savedDisk.id, attachment }) ?? source;
}

/** Also those of earlier runs, if this run has promoted its image: then it cleans up after them. */
function isOwn(thing: InventoryImage | BackingResource, run: Run): boolean {
  const { cloud, region } = run.recipe;
  const isHere = thing.where.cloud === cloud && thing.where.region === region;
  return thing.run === run.id || (run.promoted && isHere);
}

/** Keeps a known reason, because it says more. */
function allFor(reason: string, things: Array<{ id: string; why: string | null }>) {
  return things.map(({ id, why }) => ({ id, why: why ?? reason }));
}

function stillThere(kind: string, { id, why }: { id: string; why: string | null }): string {
  return `${kind} ${id} still has to be deleted${why === null ? "" : `: ${why}`}`;
}

function leftText([first, ...others]: string[]): string[] {
  if (first === undefined) return [];
  return [others.length === 0 ? first : `${first} (and ${others.length} more)`];
}

/** Ends a run that joins the active run of its recipe. It has claimed nothing. */
export async function join(session: Session, joinedRunId: string): Promise<"over"> {
  session.record("step", `${joinedRunId} is refreshing this recipe already`);
  await session.save({ outcome: "joined", joinedRunId, endedAtMs: session.deps.now() });
  return "over";
}

/** Ends a run that has nothing to do. It has claimed nothing. */
export async function skip(
  session: Session,
  { text, isNeeded = true }: { text: string; isNeeded?: boolean },
): Promise<"over"> {
  const { run, ctx, deps } = session;
  if (!isNeeded) {
    const notNeededAtMs = deps.now();
    await ctx.changeRecipeState((recipeState) => ({ ...recipeState, notNeededAtMs }));
  }
  session.record("step", text);
  await session.save({ outcome: "skipped", endedAtMs: deps.now() });
  // After a stop right here, the next run of the recipe sees that this one has ended.
  await ctx.changeRecipeState((recipeState) => {
    const others = dequeue(recipeState, [run.id]);
    return others === recipeState ? null : others;
  });
  return "over";
}

/**
 * The inventory decides: a run whose promotion was written there has succeeded, even if its own record says
 * otherwise.
 */
function outcomeOf(run: Run, recipeState: RecipeState): Outcome {
  const image = run.candidate === null ? undefined : imageOf(recipeState, run.candidate.id);
  if (run.promoted || (image !== undefined && image.promotedAtMs !== null)) return "succeeded";
  return run.failure?.code === "cancelled" ? "cancelled" : "failed";
}

/** In one write, so that a worker that stops right after it finds everything done when it comes here again. */
function handOn(
  recipeState: RecipeState,
  run: Run,
  { isUndone, nowMs }: { isUndone: boolean; nowMs: number },
): RecipeState {
  if (recipeState.activeRun !== run.id) return dequeue(recipeState, [run.id]);
  const outcome = outcomeOf(run, recipeState);
  let next: RecipeState = recipeState;
  const apply = (changed: RecipeState | null) => {
    next = changed ?? next;
  };
  if (run.candidate !== null && outcome !== "succeeded") {
    apply(withImages(next, run, nowMs));
    apply(markForDeletion(next, run.candidate.id, `its run ended ${outcome}`, nowMs));
  }
  const { plainImage } = run;
  if (plainImage !== undefined)
    apply(markForDeletion(next, plainImage.id, "it is not encrypted", nowMs));
  apply(addResources(next, temporaryResources(run, "deleting", nowMs)));
  apply(markTemporaryForDeletion(next, run.id));
  apply(awaitLateAttempts(next, lateAttempts(run, nowMs)));
  apply(awaitLateAttempts(next, attemptsWithSnapshots(run, next, { isUndone, nowMs })));
  const code = outcome === "succeeded" ? null : (run.failure?.code ?? null);
  const handedOn: RecipeState = {
    ...forgetGoneResources(next),
    activeRun: null,
    checkRunAtMs: null,
    barredRun: null,
    lastRun: { id: run.id, outcome, code, endedAtMs: nowMs },
    failuresInRow: failuresInRow(next.failuresInRow, outcome),
    refusedContent: countRefusedContent(next.refusedContent, run, outcome),
  };
  const { pauseAfterFailures: limit, schedule } = run.recipe;
  const ended = { id: run.id, limit, isScheduled: schedule.length > 0 };
  return { ...handedOn, pause: pauseAfterRun(handedOn, ended, nowMs) };
}

function failuresInRow(before: number, outcome: Outcome): number {
  if (outcome === "failed") return before + 1;
  return outcome === "succeeded" ? 0 : before;
}
