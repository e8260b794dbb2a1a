import type { Run } from "../../../shared/run/record.ts";
import { serversOf } from "../../../shared/source/servers.ts";
import { TIMING } from "../simulation.ts";
import type { Asked } from "./asked.ts";
import { isStoppedForGood } from "./builds.ts";
import type { Case, Change, Rule } from "./rule.ts";

type Create = Extract<Asked, { kind: "create" }>;

/** What must not be doubled, or must be undone, is announced in the record first, sent once, and sent in time. */
export class Announced implements Rule {
  private readonly stopsOf = new Set<string>();
  private readonly sentOnce = new Set<string>();
  private readonly stopped = new Set<string>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    const { intent } = now;
    if (intent === null || intent.id === before?.intent?.id) return;
    if (intent.imageId !== null) this.ownId(intent.imageId, now);
    if (intent.kind === "stop-server" && now.source !== null)
      this.stopsOf.add(intent.serverId ?? now.source.id);
    const told = intentsIn(now) - (before === null ? 0 : intentsIn(before));
    if (told !== 1)
      this.is.broken("every intent is in the timeline", `${now.id} ${intent.name}: ${told} more`);
  }

  request(asked: Asked): void {
    if (asked.kind === "create") this.create(asked);
    else if (asked.kind === "fence") this.fence(asked.image);
    else if (asked.kind === "stop") this.stop(asked.server);
    else if (
      asked.kind === "start" &&
      !this.stopped.has(asked.server) &&
      !this.isWaitedFor(asked.server)
    )
      this.is.broken("no server is started that was not stopped for an image", asked.server);
  }

  private ownId(imageId: string, { id, attempt }: Run): void {
    const of = `${id}, attempt ${attempt}`;
    const before = this.idsOf.get(imageId) ?? of;
    if (before !== of)
      this.is.broken(
        "each attempt asks for an image id of its own",
        `${of}: ${imageId} of ${before}`,
      );
    this.idsOf.set(imageId, of);
  }
  private readonly idsOf = new Map<string, string>();

  /** Later than this its worker, by whatever clock, must have seen that its time is over. */
  called(asked: Asked): void {
    const { is } = this;
    if (!is.strict || asked.kind !== "create" || this.isRepeatable(asked)) return;
    const intent = is.records.announced(asked.name)?.intent;
    const afterMs = is.nowMs - (intent?.atMs ?? Number.NEGATIVE_INFINITY);
    if (afterMs > TIMING.windowMs + TIMING.skewMs)
      is.broken(
        "within bounds, a create is called within its window",
        `${asked.intent} ${asked.name}, ${Math.round(afterMs / 1000)} s after its intent`,
      );
  }

  private create(asked: Create): void {
    const { is } = this;
    const what = `${asked.intent} ${asked.name}`;
    if ((is.things.attemptNamed(asked.name)?.run ?? null) === null)
      is.broken("nothing is created that was not announced", what);
    const isRepeatable = this.isRepeatable(asked);
    const run = is.records.announced(asked.name);
    // A job that was not answered is asked for again under its name.
    const isJob = asked.intent === "image-job" || asked.intent === "copy-image";
    const once = isJob ? (run?.intent?.id ?? asked.name) : asked.name;
    // Beyond the bounds, requests of several intents take place after the last of them.
    const isLate = !is.strict && isJob && run?.intent == null;
    if (this.sentOnce.has(once) && !isRepeatable && !isLate)
      is.broken("a create is sent once per intent", what);
    this.sentOnce.add(once);
    if (asked.intent === "create-server") {
      if (run !== null && this.imageOf(asked.source) !== run.candidate?.id)
        is.broken("a test boots the run's own image", `${what} of ${asked.source}`);
    } else if (run !== null && sourceOf(run, asked) !== asked.source)
      is.broken("an image is taken of the run's own source", `${what} of ${asked.source}`);
    if (is.strict && !isRepeatable) this.inTime(run, what);
  }

  /** An image's id, or that of a snapshot that its content lies in. */
  private imageOf(id: string): string | undefined {
    const images = [...this.is.cloud.world.firstZone.images.values()];
    const names = (text = "") => text.includes(id);
    return images.find((i) => i.id === id || names(i.properties["block_device_mapping"]))?.id;
  }

  /**
   * Whoever sends it, and whenever, asks for the same image. An upload asks by its volume; of one that is gone, for none.
   * A user's volume has lost the id when an upload comes that is late beyond the bounds.
   */
  private isRepeatable({ intent, name, imageId, source }: Create): boolean {
    const { things, cloud, strict } = this.is;
    const announced = things.attemptNamed(name);
    if (announced?.isRepeatable !== true) return false;
    const volume = cloud.world.volumes.get(source);
    const isOfUser = things.byId.get(source)?.by == null;
    if (intent === "upload-image" && (volume === undefined || (isOfUser && !strict))) return true;
    return announced.imageId === (imageId ?? volume?.imageMetadata["id"]);
  }

  /** Its guest has powered itself off for a run, without a request. */
  private isWaitedFor(server: string): boolean {
    return this.is.records.runs
      .all()
      .some(
        ({ recipe, source }) =>
          recipe.prepare.waitForShutoffMs !== null &&
          serversOf({ source }).some(({ id }) => id === server),
      );
  }

  private fence(image: string): void {
    const { is } = this;
    if (is.things.tryOfImage(image) === null)
      is.broken("no id is used up but one that a run had chosen", image);
  }

  private stop(server: string): void {
    const { is } = this;
    if (isStoppedForGood(is.records.runs.all(), server)) return;
    this.stopped.add(server);
    // To put a disk back: announced in the record of the server.
    if (is.records.source(server)?.savedDisk?.call?.kind === "stop") return;
    if (!this.stopsOf.has(server)) is.broken("no server is stopped unannounced", server);
    if (!is.strict) return;
    const run = is.records.runs
      .all()
      .find(
        ({ intent, source }) =>
          intent?.kind === "stop-server" && (intent.serverId ?? source?.id) === server,
      );
    this.inTime(run ?? null, `os-stop ${server}`);
    if (run?.intent != null) {
      if (this.sentOnce.has(run.intent.id)) is.broken("a stop is sent once per intent", server);
      this.sentOnce.add(run.intent.id);
    }
    if (is.records.source(server)?.wishedPower !== "ACTIVE")
      is.broken("no server is stopped before the wish to have it run again is stored", server);
  }

  /** Within the bounds nothing is sent for an intent that others may have settled, or by a run without its locks. */
  private inTime(run: Run | null, what: string): void {
    const { is } = this;
    if (run?.intent == null) {
      is.broken("within bounds, what is sent belongs to an open intent", what);
      return;
    }
    const { windowMs, callTimeoutMs, skewMs } = TIMING;
    const lateMs = is.nowMs - run.intent.atMs;
    if (lateMs > windowMs + callTimeoutMs + skewMs)
      is.broken("within bounds, what is sent takes effect before its intent is settled", what);
    for (const id of run.source?.lockIds ?? []) {
      if (is.records.source(id)?.owner !== run.id)
        is.broken("within bounds, only the holder of a source's lock touches it", what);
    }
    if (is.records.recipeState(run.recipeName)?.activeRun !== run.id)
      is.broken("within bounds, only the active run of a recipe creates", what);
  }
}

function intentsIn({ timeline }: Run): number {
  let count = 0;
  for (const event of timeline) if (event.kind === "intent") count++;
  return count;
}

function sourceOf(run: Run, { intent }: Create): string | undefined {
  const { source, volume, snapshot } = run;
  const disk = source?.disks[0];
  if (intent === "copy-to-region") return run.candidate?.id;
  if (intent === "copy-image") return run.plainImage?.id ?? run.candidate?.id;
  if (intent === "image-job" && disk !== undefined) return disk.volumeId;
  if (intent === "create-image" || intent === "image-job") return source?.id;
  if (intent === "create-volume") return snapshot?.id;
  const taken = source?.volumeId ?? source?.id;
  return intent === "upload-image" ? (volume?.id ?? taken) : taken;
}
