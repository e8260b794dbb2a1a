import type { BackingResource } from "../image/recipe-state.ts";
import { addResources } from "../image/backing-resources.ts";
import { findOrphans, orphanResources } from "../image/orphans.ts";
import {
  deletingResources,
  opText,
  type ResourcePlan,
  planResources,
  removeResources,
} from "../image/resource-removal.ts";
import { type ResourcesSeen, seeResources } from "../image/resources-seen.ts";
import { deletingImages } from "../image/removal-plan.ts";
import type { Ctx } from "../context.ts";
import {
  decideAfterPromote,
  performOnServer,
  seeServer,
  type SeenServer,
  type ServerAct,
} from "./after-promote.ts";
import {
  decideExport,
  type ExportAct,
  performExport,
  seeExport,
  type SeenExport,
} from "./export-image.ts";
import { cloudOf, type Decision, step } from "../protocol/step.ts";
import { whereOf } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";

interface Seen {
  deleting: BackingResource[];
  resources: ResourcesSeen;
  /** Of attempts that failed half-way, before the one that made the image. */
  orphans: string[];
  /** True if an old image still exists and may need its snapshots. */
  imagesLeft: boolean;
  /** Null: the recipe has no `after_promote` for the server, or the call is done. */
  after: SeenServer | null;
  /** Null: the recipe exports nothing, or the export is over. */
  exporting: SeenExport | null;
}

interface CleanUp {
  kind: "clean-up";
  orphans: string[];
  ops: ResourcePlan["ops"];
}

type Act = CleanUp | ServerAct | ExportAct;

const PATIENCE_MS = 60_000;

/**
 * Deletes the snapshots of deleted images and the temporary resources of captures, except those that any image still
 * names. Deletes the server of a build after them, because its volumes cannot be deleted while they have snapshots. Then
 * exports the image.
 */
export const cleanUpSnapshots = step<Seen, Act>({
  async observe(ctx: Ctx, run: Run) {
    const recipeState = await ctx.recipeState();
    const deleting = deletingResources(recipeState, cloudOf(run), ctx.now());
    const mayHaveOrphans =
      run.source?.volumeBacked === true &&
      (run.creationNames.length > 1 || run.unansweredAttempts.length > 0);
    return {
      deleting,
      resources: await seeResources(ctx, deleting),
      orphans: mayHaveOrphans ? await findOrphans(ctx, recipeState, run.creationNames) : [],
      imagesLeft: deletingImages(recipeState, cloudOf(run)).length > 0,
      after: await seeServer(ctx, run),
      exporting: await seeExport(ctx, run),
    };
  },
  decide,
  async perform(ctx, run, act) {
    if (act.kind === "begin-export" || act.kind === "end-export")
      return performExport(ctx, run, act);
    if (act.kind !== "clean-up") return performOnServer(ctx, run, act);
    const { orphans, ops } = act;
    const where = whereOf(run);
    if (where !== null) {
      const resources = orphanResources(orphans, { run: run.id, where }, ctx.now());
      await ctx.changeRecipeState((recipeState) => addResources(recipeState, resources));
    }
    await removeResources(ctx, ops);
  },
});

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const decision = cleanUp(run, seen, nowMs);
  if (decision.kind !== "end") return decision;
  if (seen.after !== null) return decideAfterPromote(run, seen.after, nowMs);
  return seen.exporting === null ? decision : decideExport(run, seen.exporting, nowMs);
}

function cleanUp(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { deleting, resources, orphans, imagesLeft } = seen;
  const plan = planResources(deleting, resources, nowMs);
  const patient = nowMs - run.stepSinceMs < PATIENCE_MS;
  const { ops } = plan;
  if (orphans.length > 0) {
    const text = `left by an earlier attempt: snapshot ${orphans.join(", ")}`;
    return { kind: "act", act: { kind: "clean-up", orphans, ops: [] }, text };
  }
  if (ops.length > 0 && patient) {
    const gone = ops.filter((op) => op.kind === "gone" && op.resource.kind === "snapshot").length;
    return {
      kind: "act",
      act: { kind: "clean-up", orphans: [], ops },
      text: ops.map(opText).join(", "),
      set: gone === 0 ? {} : { snapshotsCleaned: run.snapshotsCleaned + gone },
      thenWaitSeconds: ops.some((op) => op.kind === "delete") ? 2 : 0,
    };
  }
  if (plan.pending.length > 0 && patient)
    return { kind: "wait", seconds: 3, text: `${plan.pending.length} being deleted` };
  const slow = [
    ...ops.map((op) => ({ id: op.resource.id, why: ("why" in op ? op.why : null) ?? SLOW })),
    ...plan.pending.map((id) => ({ id, why: SLOW })),
  ];
  const kept = [...plan.kept, ...slow];
  return { kind: "end", text: cleanedText(run, imagesLeft || kept.length > 0), kept };
}

const SLOW = "the cloud has not deleted it yet";

function cleanedText({ snapshotsCleaned }: Run, isLeft: boolean): string {
  if (snapshotsCleaned === 0) return isLeft ? "nothing deleted" : "nothing left over";
  return `${snapshotsCleaned} ${snapshotsCleaned === 1 ? "snapshot" : "snapshots"} deleted`;
}
