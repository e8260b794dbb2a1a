import {
  addParts,
  awaitLateTries,
  doom,
  doomTemporaryParts,
  forgetGoneParts,
  imageOf,
  noteKept,
  register,
} from "../image/ledger.ts";
import type { Head, Part } from "../image/head.ts";
import { countRefusedContent } from "../run/schedule-hold.ts";
import { candidateImage, lateTries, temporaryParts } from "../run/ledger-entries.ts";
import type { Outcome, Run } from "../run/record.ts";
import { nextLookAtMs } from "../source/item.ts";
import type { Turn } from "./turn.ts";

/**
 * Ends a run, in an order of which every prefix is a legal state to stop in: the sources are released, the head
 * handed on, the record closed. What is not undone by now stands in the ledger and the source items, which are
 * looked at until it is. Store writes only, so a run ends whatever the cloud does.
 * @param kept parts that were not deleted, and why; a text: why none could be.
 */
export async function end(
  turn: Turn,
  text: string,
  kept: Array<{ id: string; why: string }> | string,
): Promise<"over"> {
  const { run, ctx, deps } = turn;
  const now = deps.now();
  const leftovers: string[] = [];
  for (const id of run.source?.lockIds ?? []) {
    const source = await ctx.changeSource(id, (s) =>
      s.owner === run.id ? { ...s, owner: null, lookAtMs: nextLookAtMs(s, now, 0) } : null,
    );
    if (source.owner === null && source.wishedPower !== null)
      leftovers.push(`server ${id} still has to be started`);
  }
  const head = await ctx.changeHead((h) => {
    const next = handOn(h, run, now);
    const doomed = next.parts.filter((p) => p.state === "doomed" && isOwn(p, run));
    const reasons = typeof kept === "string" ? doomed.map(({ id }) => ({ id, why: kept })) : kept;
    const noted = noteKept(next, doomed, reasons) ?? next;
    return noted === h ? null : noted;
  });
  const outcome = outcomeOf(run, head);
  for (const image of head.images) {
    if (image.run === run.id && image.state === "doomed")
      leftovers.push(`image ${image.id} still has to be deleted`);
  }
  for (const part of head.parts) {
    if (part.state === "doomed" && isOwn(part, run)) {
      const why = part.why === null ? "" : `: ${part.why}`;
      leftovers.push(`${part.kind} ${part.id} still has to be deleted${why}`);
    }
  }
  turn.tell("step", [text, ...leftText(leftovers)].join("; left: "));
  await turn.save({ outcome, leftovers, endedAtMs: now, promoted: outcome === "succeeded" });
  return "over";
}

/** A run that has promoted its image cleans up after earlier runs of the recipe too. */
function isOwn(part: Part, run: Run): boolean {
  const { cloud, region } = run.recipe;
  const isHere = part.where.cloud === cloud && part.where.region === region;
  return part.run === run.id || (run.promoted && isHere);
}

function leftText([first, ...others]: string[]): string[] {
  if (first === undefined) return [];
  return [others.length === 0 ? first : `${first} (and ${others.length} more)`];
}

/** Another run is refreshing the recipe already: this one has taken nothing, and ends. */
export async function join(turn: Turn, joinedRunId: string): Promise<"over"> {
  turn.tell("step", `${joinedRunId} is refreshing this recipe already`);
  await turn.save({ outcome: "joined", joinedRunId, endedAtMs: turn.deps.now() });
  return "over";
}

/** The ledger is the judge: a run whose promotion was written there has succeeded, whatever it knew itself. */
function outcomeOf(run: Run, head: Head): Outcome {
  const image = run.candidate === null ? undefined : imageOf(head, run.candidate.id);
  if (run.promoted || (image !== undefined && image.promotedAtMs !== null)) return "succeeded";
  return run.failure?.code === "cancelled" ? "cancelled" : "failed";
}

/** In one write, so that a run that stops right after it, and comes here again, finds it all done. */
function handOn(head: Head, run: Run, nowMs: number): Head {
  if (head.activeRun !== run.id) return head;
  const outcome = outcomeOf(run, head);
  let next: Head = head;
  const apply = (changed: Head | null) => {
    next = changed ?? next;
  };
  const image = candidateImage(run, nowMs);
  if (image !== null && outcome !== "succeeded") {
    apply(register(next, image));
    apply(doom(next, image.id, `its run ended ${outcome}`, nowMs));
  }
  apply(addParts(next, temporaryParts(run, "doomed", nowMs)));
  apply(doomTemporaryParts(next, run.id));
  apply(awaitLateTries(next, lateTries(run, nowMs)));
  const code = outcome === "succeeded" ? null : (run.failure?.code ?? null);
  return {
    ...forgetGoneParts(next),
    activeRun: null,
    checkRunAtMs: null,
    lastRun: { id: run.id, outcome, code, endedAtMs: nowMs },
    failuresInRow: failuresInRow(next.failuresInRow, outcome),
    refusedContent: countRefusedContent(next.refusedContent, run, outcome),
  };
}

function failuresInRow(before: number, outcome: Outcome): number {
  if (outcome === "failed") return before + 1;
  return outcome === "succeeded" ? 0 : before;
}
