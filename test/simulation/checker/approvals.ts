import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { ReconcileRequest } from "../../../shared/ports.ts";
import type { Run } from "../../../shared/run/record.ts";
import { TIMING } from "../simulation.ts";
import { type Case, type Change, recently, type Rule } from "./rule.ts";

/** A person decides which image becomes current, where the recipe says so; and the run that waits holds nothing up. */
export class Approvals implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    for (const image of now.images) {
      const was = before?.images.find(({ id }) => id === image.id)?.state;
      if (image.state !== "current" || was !== "candidate") continue;
      const run = this.is.records.run(image.run);
      if (run?.recipe.promote === "approve" && run.approval?.decision?.kind !== "approved")
        this.is.broken("nothing is promoted without its approval", `${run.id} ${image.id}`);
    }
  }

  run({ before, now }: Change<Run>): void {
    const { is } = this;
    const { approval, candidate } = now;
    if (approval === null) return;
    const earlier = before?.approval ?? null;
    if (earlier === null) this.asks(candidate?.id ?? "");
    const decision = earlier?.decision ?? null;
    if (decision !== null && JSON.stringify(approval.decision) !== JSON.stringify(decision))
      is.broken("an answer stands", now.id);
    const answeredAtMs = approval.decision?.atMs ?? 0;
    if (decision === null && answeredAtMs >= approval.untilMs)
      is.broken("nobody answers once the time is over", now.id);
    const code = approval.decision === null ? now.failure?.code : undefined;
    const isEarly = is.strict && is.nowMs < approval.untilMs - TIMING.skewMs;
    const isLate = code === "deadline-passed" || (code === "approval-timed-out" && isEarly);
    if (isLate && before?.failure == null)
      is.broken("the deadline stands still while a person is asked", now.id);
  }

  /** Consumers that look for the newest image must not find one that nobody has approved. */
  private asks(id: string): void {
    const image = this.is.cloud.world.firstZone.images.get(id);
    if (image === undefined || this.is.touched(id)) return;
    if (!image.hidden || !image.tags.includes("regild-candidate"))
      this.is.broken("a candidate that waits is marked in the cloud", id);
  }

  sent(_queue: string, { key, version }: ReconcileRequest): void {
    const { is } = this;
    const item = is.records.item(key);
    if (item === null || item.version !== version || !key.sk.startsWith("run#")) return;
    const run = is.records.runs.get(key);
    const { approval } = run ?? { approval: null };
    if (approval === null || approval.decision !== null || run?.failure != null) return;
    const isCalledFor = is.nowMs >= approval.untilMs - TIMING.skewMs || item.cancelAtMs !== null;
    // The sweep may pass on the mark of an earlier version, or of somebody who went back to an earlier image.
    if (isCalledFor || is.caller?.actor.startsWith("sweep") === true) return;
    if (recently(is, approval.askedAtMs) && run?.reconcileAtMs !== approval.untilMs) return;
    is.broken("a run that waits for a person has no message under way", run?.id ?? "");
  }

  end(): void {
    const { is } = this;
    for (const run of is.records.runs.all()) {
      if (run.approval === null || run.approval.decision?.kind === "approved") continue;
      const id = run.candidate?.id ?? "";
      const state = is.records
        .recipeState(run.recipeName)
        ?.images.find((image) => image.id === id)?.state;
      if (run.outcome === "succeeded" || state === "current" || state === "retired")
        is.broken("a rejected candidate is removed", `${run.id}: ${id} is ${state ?? "forgotten"}`);
    }
  }
}
