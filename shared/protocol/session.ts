import { emptyRecipeState, recipeStateKey, recipeStateSchema } from "../image/recipe-state.ts";
import { recipeDueAtMs } from "../image/due.ts";
import { RECONCILE_BUDGET_MS } from "../bounds.ts";
import type { ApiCall, Cloud, CloudRef, Image } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";
import { callbackKey, callbacksOf } from "../run/callback-key.ts";
import { type Run, type TimelineEvent, runSchema } from "../run/record.ts";
import { evidence, recordEvents } from "../run/timeline.ts";
import { notificationStateKey } from "../notification/state-key.ts";
import { noUploads, uploadsKey, uploadsSchema } from "../run/uploads.ts";
import { sourceKey, sourceSchema } from "../source/item.ts";
import { type Actor, commit, load, unborn, update } from "./actor.ts";
import type { Ctx } from "../context.ts";
import type { Deps } from "./step.ts";
import { cloudOf } from "./step.ts";

/** Another worker has committed the record. This worker's copy is void, and the other one continues. */
export class Overtaken extends Error {}

/** The longest delay of SQS. Longer waits take several messages. */
const MAX_DELAY_SECONDS = 900;
/**
 * A joined or skipped run created nothing, so its record may expire. It must outlive its trigger, which would start
 * it again.
 */
const JOINED_KEPT_MS = 30 * 24 * 3_600_000;

/** The sweep counts a message as lost this long after it was due. */
export const LOST_AFTER_MS = 60_000;

/** One worker's reconciling of one run: the record as last read or written, and the events not yet written. */
export class Session {
  readonly deps: Deps;
  readonly ctx: Ctx;
  private actor: Actor<Run>;
  private unrecorded: TimelineEvent[] = [];
  private readonly calls: ApiCall[] = [];

  constructor(deps: Deps, actor: Actor<Run>, listed: ReadonlyMap<string, Image>) {
    this.deps = deps;
    this.actor = actor;
    this.ctx = contextOf(deps, actor.doc, this.calls, listed);
  }

  get run(): Run {
    return this.actor.doc;
  }

  get cancelled(): boolean {
    return this.actor.cancelAtMs !== null;
  }

  /**
   * True if the sweep leaves the run alone until its check. False if a sweep that had read the previous version postponed
   * this one by a minute. The run is then written again, because each minute would start one more chain of messages.
   */
  get isPutOff(): boolean {
    const { sweepAtMs } = this.actor;
    return sweepAtMs === null || sweepAtMs >= this.run.reconcileAtMs;
  }

  record(kind: TimelineEvent["kind"], text: string): void {
    const { step } = this.run;
    this.unrecorded.push({
      atMs: this.deps.now(),
      step,
      kind,
      text: cloudWords(text),
      count: 1,
      calls: evidence(this.calls),
    });
    this.counted += this.calls.length;
    this.calls.length = 0;
  }
  private counted = 0;

  /** How often the run has done this in the step it is in. */
  timesDone(act: string): number {
    const { step, timeline } = this.run;
    const text = cloudWords(act);
    return [...timeline, ...this.unrecorded].filter(
      (event) => event.kind === "act" && event.step === step && event.text === text,
    ).length;
  }

  /** Commits without sending a message. If this worker dies, the sweep finds the run. */
  async save(set: Partial<Run>, sweepAtMs = this.deps.now() + LOST_AFTER_MS): Promise<void> {
    const doc = runSchema.parse({
      ...this.run,
      ...set,
      apiCalls: this.run.apiCalls + this.counted + this.calls.length,
      timeline: recordEvents(this.run.timeline, this.unrecorded),
    });
    const ended = doc.endedAtMs;
    const day = ended === null ? null : new Date(ended).toISOString().slice(0, 10);
    const isNews = ended !== null || (doc.approval !== null && this.run.approval === null);
    const won = await commit(this.deps, this.actor, doc, {
      sweepAtMs: ended === null ? sweepAtMs : null,
      day,
      expiresAtMs:
        ended !== null && (doc.outcome === "joined" || doc.outcome === "skipped")
          ? ended + JOINED_KEPT_MS
          : null,
    });
    if (won === null) throw new Overtaken(`${this.run.id} was changed by another worker`);
    this.actor = won;
    this.unrecorded = [];
    this.calls.length = 0;
    this.counted = 0;
    // Makes due what tells others. If a stop prevents this, their own checks find the news.
    const callbacks = ended === null ? [] : callbacksOf(doc.recipe);
    const toTell = callbacks.map(({ kind }) => callbackKey(doc.id, kind));
    if (isNews && doc.recipe.notifications.length > 0)
      toTell.push(notificationStateKey(doc.recipeName));
    for (const key of toTell) await this.deps.store.mark(key, { sweepAtMs: this.deps.now() });
  }

  /**
   * Commits, then sends the message for the next check. After a stop in between, the sweep sends it. The run is always
   * checked when its deadline and its grace are over, even if the cloud asked for a longer wait.
   */
  async saveAndSend(set: Partial<Run>, wishedAtMs: number): Promise<void> {
    const { deadlineAtMs } = this.run;
    const ends = [deadlineAtMs, deadlineAtMs + this.deps.timing.graceMs];
    const reconcileAtMs = Math.min(wishedAtMs, ...ends.filter((atMs) => atMs > this.deps.now()));
    await this.save({ ...set, reconcileAtMs }, reconcileAtMs + LOST_AFTER_MS);
    await this.hop(reconcileAtMs);
  }

  /**
   * Commits without a message. The sweep sends the run on at `untilMs`, or earlier if another worker marks it as due.
   */
  async rest(untilMs: number): Promise<void> {
    await this.save({ transientFailures: 0, reconcileAtMs: untilMs }, untilMs);
  }

  /** Sends the message of this version again, for later, without a write. */
  async hop(untilMs: number): Promise<void> {
    const delaySeconds = Math.max(0, Math.ceil((untilMs - this.deps.now()) / 1000));
    const request = { key: this.actor.key, version: this.actor.version };
    await this.deps.queue.send(this.run.step, request, Math.min(delaySeconds, MAX_DELAY_SECONDS));
  }
}

function contextOf(
  deps: Deps,
  run: Run,
  calls: ApiCall[],
  listed: ReadonlyMap<string, Image>,
): Ctx {
  return contextFor(
    deps,
    { recipeName: run.recipeName, installationId: run.installationId, ...cloudOf(run) },
    calls,
    listed,
  );
}

export function contextFor(
  deps: Deps,
  of: { recipeName: string; installationId: string; cloud: string; region: string | null },
  calls: ApiCall[] = [],
  listed: ReadonlyMap<string, Image> = new Map(),
): Ctx {
  const { store, ids, timing } = deps;
  const blank = emptyRecipeState(of.recipeName, of.installationId);
  const untilMs = Math.min(
    deps.now() + RECONCILE_BUDGET_MS,
    deps.untilMs ?? Number.POSITIVE_INFINITY,
  );
  const openCloud = (ref: CloudRef): Cloud =>
    deps.clouds.open(ref, (call) => calls.push(call), untilMs);
  let cloud: Cloud | undefined;
  return {
    openCloud,
    now: () => deps.now(),
    timing,
    store,
    ids,
    calls,
    listed,
    get cloud() {
      return (cloud ??= openCloud({ cloud: of.cloud, region: of.region }));
    },
    recipeState: async () =>
      (await load(store, recipeStateKey(of.recipeName), recipeStateSchema))?.doc ?? blank,
    changeRecipeState: (change) =>
      update(
        deps,
        recipeStateKey(of.recipeName),
        recipeStateSchema,
        blank,
        change,
        (recipeState) => ({
          sweepAtMs: recipeDueAtMs(recipeState),
        }),
      ),
    attestation: deps.attestation,
    transfers: deps.transfers,
    keepFirst: async (key, schema, doc) => {
      const won = await commit(deps, unborn(key, doc), doc, { sweepAtMs: null });
      if (won !== null) return doc;
      const first = await load(store, key, schema);
      if (first === null) throw new Error(`${key.pk} ${key.sk} is gone`);
      return first.doc;
    },
    changeUploads: (on, change) =>
      update(deps, uploadsKey(on), uploadsSchema, noUploads(on.cloud), change, () => ({
        sweepAtMs: null,
      })),
    source: async (id) => (await load(store, sourceKey(id), sourceSchema))?.doc ?? null,
    changeSource: (id, change) =>
      update(
        deps,
        sourceKey(id),
        sourceSchema,
        {
          schema: 2,
          id,
          kind: "server",
          cloud: of.cloud,
          region: of.region,
          owner: null,
          wishedPower: null,
          wishedAtMs: null,
          lateStopUntilMs: null,
          unansweredStopUntilMs: null,
          givenImageId: null,
          lastImageId: null,
          earlierImageIds: [],
          savedDisk: null,
          reconcileAtMs: null,
        },
        change,
        (source) => ({ sweepAtMs: source.reconcileAtMs }),
      ),
  };
}
