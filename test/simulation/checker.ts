import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import type { HttpRequest, Item, Key, ReconcileRequest } from "../../shared/ports.ts";
import type { Run } from "../../shared/run/record.ts";
import type { MemoryQueues } from "../memory/queue.ts";
import type { MemoryTable } from "../memory/store.ts";
import { Adoptions } from "./checker/adoptions.ts";
import { Announced } from "./checker/announced.ts";
import { FENCE, readRequest } from "./checker/asked.ts";
import { Approvals } from "./checker/approvals.ts";
import { AtTheEnd } from "./checker/at-the-end.ts";
import { Builds } from "./checker/builds.ts";
import { Callbacks } from "./checker/callbacks.ts";
import { CleanUps } from "./checker/clean-ups.ts";
import { CloudsView } from "./checker/clouds-view.ts";
import { Deadline } from "./checker/deadline.ts";
import { Copies } from "./checker/copies.ts";
import { Deletes } from "./checker/deletes.ts";
import { Doubles } from "./checker/doubles.ts";
import { Encryption } from "./checker/encryption.ts";
import { Exports } from "./checker/exports.ts";
import { Hooks } from "./checker/hooks.ts";
import { ImageBackups } from "./checker/image-backups.ts";
import { ImageSets } from "./checker/image-sets.ts";
import { Inventory } from "./checker/inventory.ts";
import { LeftOvers } from "./checker/left-overs.ts";
import { LessWork } from "./checker/less-work.ts";
import { LiveVolumes } from "./checker/live-volumes.ts";
import { Locks } from "./checker/locks.ts";
import { Members } from "./checker/members.ts";
import { Messages } from "./checker/messages.ts";
import { Notifications } from "./checker/notifications.ts";
import { Pins } from "./checker/pins.ts";
import { Pauses } from "./checker/pauses.ts";
import { Pointer } from "./checker/pointer.ts";
import { Power } from "./checker/power.ts";
import { Protection } from "./checker/protection.ts";
import { ProvenanceKept } from "./checker/provenance.ts";
import { QueuedRuns } from "./checker/queued-runs.ts";
import { namesOf, Records } from "./checker/records.ts";
import { RegionCopies } from "./checker/region-copies.ts";
import { Retention } from "./checker/retention.ts";
import type { Caller, Case, Rule, Violation } from "./checker/rule.ts";
import { RestoredDisks } from "./checker/restored-disks.ts";
import { Room } from "./checker/room.ts";
import { RunRecord } from "./checker/run-record.ts";
import { Strangers } from "./checker/strangers.ts";
import { Secrets } from "./checker/secrets.ts";
import { Things } from "./checker/things.ts";
import { TestServers } from "./checker/test-servers.ts";
import { Timeline } from "./checker/timeline.ts";
import { RecordedCalls } from "./checker/recorded-calls.ts";
import { Triggers } from "./checker/triggers.ts";
import { Zones } from "./checker/zones.ts";
import type { HookEvent } from "./hooks.ts";
import type { Telling } from "./told.ts";

export type { Violation } from "./checker/rule.ts";

/** What of a simulation the checker looks at. */
export interface Watched {
  readonly nowMs: number;
  readonly cloud: SimulatedCloud;
  readonly table: MemoryTable;
  readonly queues: MemoryQueues;
  readonly logs: readonly string[];
  readonly thrown: ReadonlyArray<{ actor: string; error: unknown }>;
  /** It was stopped because it did not come to rest by itself. */
  readonly isRestless: boolean;
  readonly options: { faults: { readonly happened: ReadonlyArray<{ place: string }> } };
}

/**
 * Every promise, each with a log of its own. It looks at cloud and store directly, at what has changed and when it
 * changes, and believes nothing the program says of itself.
 */
export class Checker implements Case {
  readonly violations: Violation[] = [];
  readonly records: Records;
  readonly things = new Things();
  readonly strict: boolean;
  caller: Caller | null = null;
  private readonly watched: Watched;
  private readonly rules: Rule[];
  private readonly touchedAtMs = new Map<string, number>();
  /** The cloud was asked for a change since the last check of it. */
  private asked = false;

  /** @param strict Nothing leaves the bounds that the protocol rests on. */
  constructor(watched: Watched, passwords: string[], { strict = false } = {}) {
    this.watched = watched;
    this.strict = strict;
    const { table, queues, logs, thrown, options } = watched;
    this.records = new Records(table.items);
    this.rules = [
      new Announced(this),
      new Doubles(this),
      new Deletes(this),
      new ImageBackups(this),
      new Exports(this),
      new Encryption(this),
      new ImageSets(this),
      new Inventory(this),
      new Pointer(this),
      new Retention(this),
      new Pauses(this),
      new Zones(this),
      new Copies(this),
      new RegionCopies(this),
      new TestServers(this),
      new Approvals(this),
      new Pins(this),
      new Protection(this),
      new Adoptions(this),
      new Members(this),
      new ProvenanceKept(this),
      new CleanUps(this),
      new CloudsView(this),
      new Locks(this),
      new LiveVolumes(this),
      new Power(this),
      new RestoredDisks(this),
      new Hooks(this),
      new QueuedRuns(this),
      new Builds(this),
      new LessWork(this),
      new Room(this),
      new RunRecord(this),
      new Timeline(this),
      new RecordedCalls(this),
      new Triggers(this),
      new LeftOvers(this),
      new Strangers(this),
      new Callbacks(this),
      new Notifications(this),
      new Deadline(this, () => options.faults.happened),
      new Messages(this, queues),
      new Secrets(this, passwords, () => logs),
      new AtTheEnd(this, () => thrown),
    ];
    for (const item of table.items.values()) this.learn(item);
    this.things.news(this.cloud.world);
    this.watch(table);
  }

  get nowMs(): number {
    return this.watched.nowMs;
  }

  get cloud(): SimulatedCloud {
    return this.watched.cloud;
  }

  touched(id: string, sinceMs = 0): boolean {
    return (this.touchedAtMs.get(id) ?? -1) >= sinceMs;
  }

  broken(rule: string, what: string): void {
    this.violations.push({ atMs: this.nowMs, rule, what });
  }

  // ---------------------------------------------------------------------------- what the simulation tells

  /** Whose call takes effect next: at the cloud, the store or the queue. */
  requestBy(caller: Caller): void {
    this.caller = caller;
  }

  /** A worker calls the cloud: what becomes of the call is decided later. */
  called(request: HttpRequest): void {
    if (request.method === "GET") return;
    const asked = readRequest(request);
    for (const rule of this.rules) rule.called?.(asked);
  }

  /** Right before the cloud carries out what it was asked for. */
  request(request: HttpRequest, caller?: Caller): void {
    if (caller !== undefined) this.caller = caller;
    const asked = readRequest(request);
    if (asked.method !== "GET") {
      this.cloud.settle();
      this.asked = true;
      this.readJournal();
    }
    if (asked.kind === "create") this.things.announced({ name: asked.name, ...NOBODY });
    if (asked.kind === "fence") this.things.fencing(asked.image, asked.name);
    for (const rule of this.rules) rule.request?.(asked);
    if (asked.kind === "delete") this.things.goes(asked.id);
    if (asked.kind === "delete" && asked.withBackup)
      for (const { id, imageId } of this.cloud.world.backups.values())
        if (imageId === asked.id) this.things.goes(id);
    if (asked.kind === "delete-server") this.things.goes(asked.server);
  }

  /** After every effect. */
  effect(): void {
    const news = this.readJournal();
    if (!news && !this.asked) return;
    this.asked = false;
    for (const rule of this.rules) rule.changed?.();
  }

  /** Right before the queue takes a message. */
  sent(queue: string, request: ReconcileRequest): void {
    for (const rule of this.rules) rule.sent?.(queue, request);
  }

  /** A build or a Git host took what it was told of a run. */
  told(telling: Telling): void {
    for (const rule of this.rules) rule.told?.(telling);
  }

  /** A hook was asked, or has said something. */
  hook(event: HookEvent): void {
    for (const rule of this.rules) rule.hook?.(event);
  }

  /** A sweep has ended. */
  swept(): void {
    for (const rule of this.rules) rule.swept?.();
  }

  /** Somebody else than the program has done something to a thing in the cloud. */
  operatorActed(_what: string, id: string): void {
    this.touchedAtMs.set(id, this.nowMs);
    for (const rule of this.rules) rule.acted?.(id);
  }

  /** Once every run has ended and nothing is due any more. */
  end(): void {
    this.cloud.settle();
    this.effect();
    if (this.watched.isRestless) this.broken("everything comes to rest", "it goes on and on");
    else for (const rule of this.rules) rule.end?.();
  }

  // ------------------------------------------------------------------------------------------------

  /** What was there before: a store that was put back has records already. */
  private learn(item: Item): void {
    const kind = kindOf(item);
    if (kind === "recipe") this.records.recipeStates.open(item);
    if (kind === "source") this.records.sources.open(item);
    if (kind === "run") this.learnAttempts(this.records.runs.open(item));
  }

  private learnAttempts(run: Run): void {
    const {
      id,
      recipeName,
      attempt,
      creationNames,
      candidate,
      diskImages,
      snapshot,
      volume,
      intent,
      testServer,
      triedImageId,
      savedDisk,
    } = run;
    const names = [
      ...creationNames,
      ...[intent, snapshot, volume, testServer, savedDisk].flatMap((named) => named?.name ?? []),
      ...(candidate === null ? [] : [candidate.creationName]),
      ...diskImages.map(({ name }) => name),
    ];
    const plain = { run: id, recipeName, attempt, imageId: null, isRepeatable: false };
    // First, as the first word on a name is the one that counts.
    if (intent !== null) {
      const { imageId, isRepeatable, kind } = intent;
      // An encrypted copy is made in addition to the attempt's image.
      const made = kind === "copy-image" ? { ...plain, attempt: attempt + 0.5 } : plain;
      for (const name of namesOf(run, intent))
        this.things.announced({ ...made, name, imageId, isRepeatable });
    }
    if (triedImageId !== null) {
      const name = `${FENCE}${triedImageId}`;
      this.things.announced({ ...plain, name, imageId: triedImageId });
    }
    for (const name of names) this.things.announced({ ...plain, name });
  }

  private watch(table: MemoryTable): void {
    const commit = table.commit.bind(table);
    const mark = table.mark.bind(table);
    table.commit = (write, expectedVersion) => {
      const before = this.records.item(write.key);
      const answer = commit(write, expectedVersion);
      const now = this.records.item(write.key);
      if (answer === "won" && now !== null) this.committed(before, now);
      return answer;
    };
    table.mark = (key, marks) => {
      mark(key, marks);
      if (marks.sweepAtMs !== undefined) this.marked(key);
    };
  }

  private marked(key: Key): void {
    for (const rule of this.rules) rule.marked?.(key);
  }

  private committed(before: Item | null, item: Item): void {
    // What is gone was there until a moment ago, perhaps, when the worker looked.
    if (this.readJournal()) this.asked = true;
    for (const rule of this.rules) rule.item?.(item);
    const kind = kindOf(item);
    if (kind !== null) this.tell(kind, before, item);
  }

  private tell(kind: Kind, before: Item | null, item: Item): void {
    const { records, rules } = this;
    if (kind === "recipe") {
      const was = before === null ? null : records.recipeStates.open(before);
      const change = { item, before: was, now: records.recipeStates.open(item) };
      for (const rule of rules) rule.recipeState?.(change);
    } else if (kind === "source") {
      const was = before === null ? null : records.sources.open(before);
      const change = { item, before: was, now: records.sources.open(item) };
      for (const rule of rules) rule.source?.(change);
    } else {
      const was = before === null ? null : records.runs.open(before);
      const change = { item, before: was, now: records.runs.open(item) };
      this.learnAttempts(change.now);
      for (const rule of rules) rule.run?.(change);
    }
  }

  private readJournal(): boolean {
    const { born, died } = this.things.news(this.cloud.world);
    for (const thing of born) for (const rule of this.rules) rule.born?.(thing);
    for (const thing of died) for (const rule of this.rules) rule.died?.(thing);
    return born.length + died.length > 0;
  }
}

type Kind = "recipe" | "source" | "run";

function kindOf({ key: { pk, sk } }: Item): Kind | null {
  if (sk === "head") return "recipe";
  if (sk.startsWith("run#")) return "run";
  return sk === "lock" && pk.startsWith("S#") ? "source" : null;
}

const NOBODY = { run: null, recipeName: "", attempt: 0, imageId: null, isRepeatable: false };
