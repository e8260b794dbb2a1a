import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Run } from "../run/record.ts";
import { firstCheckAtMs, newCallback } from "../run/callback.ts";
import { callbackKey, callbacksOf } from "../run/callback-key.ts";
import { runId, runKey } from "../run/run-id.ts";
import { commit, load, unborn } from "./actor.ts";
import { inOneCommit } from "./in-one-commit.ts";
import type { Deps } from "./step.ts";
import { LOST_AFTER_MS } from "./session.ts";

export interface Trigger {
  kind: "command" | "schedule" | "webhook";
  /** Who started the run, for its report: a user, a schedule, a sender of webhooks. */
  by: string;
  /** The same for every delivery of the same trigger. */
  id: string;
}

type StartDeps = Pick<Deps, "store" | "queue" | "keepTogether" | "ids" | "now">;

/** A trigger is remembered for two weeks: longer than any sender repeats it. */
const REMEMBERED_MS = 14 * 24 * 3_600_000;

const triggerSchema = z.strictObject({
  schema: z.literal(1),
  runId: z.string(),
  startedAtMs: z.int(),
  expiresAtMs: z.int(),
});

/**
 * Starts a run, once per trigger: the trigger's record fixes the run's id, so a repeated delivery, or one that
 * finds the first one stopped half-way, leads to the same run.
 * @returns the run's id. Whether it works or joins one that is under way, its first step decides.
 */
export function start(
  deps: StartDeps,
  installationId: string,
  recipe: Recipe,
  trigger: Trigger,
): Promise<string> {
  return inOneCommit(deps, (ports) =>
    startWith({ ...deps, ...ports }, installationId, recipe, trigger),
  );
}

async function startWith(
  deps: StartDeps,
  installationId: string,
  recipe: Recipe,
  trigger: Trigger,
): Promise<string> {
  const { key, digest } = keyOf(installationId, recipe, trigger);
  const now = deps.now();
  const suffix = [...digest.subarray(0, 6)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");
  const fresh = {
    schema: 1 as const,
    runId: runId(recipe.name, now, suffix),
    startedAtMs: now,
    expiresAtMs: now + REMEMBERED_MS,
  };
  const known = await load(deps.store, key, triggerSchema);
  const forgotten = known !== null && known.doc.expiresAtMs <= now;
  let answer = known?.doc ?? fresh;
  if (known === null || forgotten) {
    const over = known ?? unborn(key, fresh);
    const won = await commit(deps, over, fresh, {
      sweepAtMs: null,
      expiresAtMs: fresh.expiresAtMs,
    });
    answer = won?.doc ?? (await load(deps.store, key, triggerSchema))?.doc ?? fresh;
  }
  // The first delivery may have stopped right here, hours ago, so the run's deadline begins now.
  const run = firstRecord(installationId, recipe, trigger, answer.runId, now);
  for (const callback of callbacksOf(recipe)) {
    const opened = newCallback(run.id, callback, now);
    const over = unborn(callbackKey(run.id, callback.kind), opened);
    await commit(deps, over, opened, { sweepAtMs: firstCheckAtMs(opened) });
  }
  const born = await commit(deps, unborn(runKey(run.id), run), run, {
    sweepAtMs: now + LOST_AFTER_MS,
  });
  if (born !== null) await deps.queue.send(run.step, { key: born.key, version: born.version }, 0);
  return run.id;
}

/** True if the trigger has started a run before. */
export async function isRemembered(
  { store, now }: Pick<Deps, "store" | "now">,
  installationId: string,
  recipe: Recipe,
  trigger: Trigger,
): Promise<boolean> {
  const known = await load(store, keyOf(installationId, recipe, trigger).key, triggerSchema);
  return known !== null && known.doc.expiresAtMs > now();
}

function keyOf(
  installationId: string,
  recipe: Recipe,
  trigger: Trigger,
): { key: Key; digest: Buffer } {
  const digest = createHash("sha256")
    .update([installationId, recipe.name, trigger.kind, trigger.id].join("\n"))
    .digest();
  return { key: { pk: `T#${digest.toString("hex")}`, sk: "t" }, digest };
}

/** Base 32 without look-alikes. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

function firstRecord(
  installationId: string,
  recipe: Recipe,
  trigger: Trigger,
  id: string,
  startedAtMs: number,
): Run {
  return {
    schema: 2,
    id,
    recipeName: recipe.name,
    recipe,
    installationId,
    trigger,
    startedAtMs,
    deadlineAtMs: startedAtMs + recipe.deadlineMs,
    queuedAtMs: null,
    reconcileAtMs: startedAtMs,
    step: "prepare-source",
    stepSinceMs: startedAtMs,
    seq: 0,
    imageName: null,
    source: null,
    locked: false,
    hasRoom: false,
    sourceState: null,
    hook: null,
    savedDisk: null,
    stoppedAtMs: null,
    stops: [],
    restoredAtMs: null,
    attempt: 1,
    chosenImageId: null,
    triedImageId: null,
    intent: null,
    unansweredAttempts: [],
    namesOnly: false,
    creationNames: [],
    job: null,
    snapshot: null,
    volume: null,
    candidate: null,
    diskImages: [],
    copies: [],
    testServer: null,
    tests: [],
    approval: null,
    promoted: false,
    replacedImageId: null,
    afterPromote: null,
    failure: null,
    transientFailures: 0,
    apiCalls: 0,
    snapshotsCleaned: 0,
    imagesRetired: [],
    leftovers: [],
    joinedRunId: null,
    outcome: null,
    endedAtMs: null,
    timeline: [],
  };
}
