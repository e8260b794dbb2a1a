import * as z from "zod/mini";
import { recipeSchema } from "../recipe/recipe.ts";
import { hookStateSchema } from "./hook-state.ts";
import { sourceStateSchema } from "./source-state.ts";
import { STEP_NAMES } from "./step-names.ts";
import { storedRecord } from "../stored-record.ts";

export const OUTCOMES = ["succeeded", "failed", "cancelled", "joined", "skipped"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const epochMs = z.int().check(z.nonnegative());
const count = z.int().check(z.nonnegative());

const apiCall = z.strictObject({
  method: z.string(),
  service: z.enum(["identity", "compute", "volume", "image", "network", "cbr"]),
  path: z.string(),
  status: z.nullable(z.int()),
  requestId: z.nullable(z.string()),
});

/** One line of the run report. Repeated checks are counted in one event, not listed. */
const event = z.strictObject({
  atMs: epochMs,
  step: z.enum(STEP_NAMES),
  kind: z.enum(["step", "observation", "intent", "answer", "act", "transient", "failure"]),
  text: z.string(),
  /** How often this was seen in a row, first at `atMs`. */
  count: z.int().check(z.positive()),
  /** Calls that changed something or were refused; plain reads are only counted in `apiCalls`. */
  calls: z.array(apiCall),
});
export type TimelineEvent = z.infer<typeof event>;

export const INTENT_KINDS = [
  "stop-server",
  "create-image",
  "image-job",
  "upload-image",
  "create-snapshot",
  "save-disk",
  "create-volume",
  "create-server",
  "export-image",
  "copy-image",
  "copy-to-region",
] as const;

/** Committed before the call it announces; while it is open only its writer commits the record. */
const intent = z.strictObject({
  kind: z.enum(INTENT_KINDS),
  /** The attempt ID: new for each attempt, and part of the creation name. */
  id: z.string(),
  /** The name that the created resource gets and is found by. */
  name: z.string(),
  atMs: epochMs,
  /** What is known of the answer: nothing yet, or that none came. */
  answer: z.enum(["open", "unknown"]),
  /** The id that the image is to have; null: the cloud chooses it. */
  imageId: z._default(z.nullable(z.string()), null),
  /** True if the cloud is known to keep that id. Then the same call, sent again, makes the same image or none. */
  isRepeatable: z._default(z.boolean(), false),
  /** The server that a stop is for. Null: not a stop, or one of the run's source by an earlier version. */
  serverId: z._default(z.nullable(z.string()), null),
  /** The availability zone that a test server is for. Null: the cloud chooses, or an earlier version noted none. */
  testZone: z._default(z.nullable(z.string()), null),
  /** The zone of the recipe that a copy by IMS is for. Absent: it is no such copy. */
  copyZone: z.optional(z.string()),
});
export type Intent = z.infer<typeof intent>;
export type IntentKind = Intent["kind"];

const failure = z.strictObject({
  /** A stable word. */
  code: z.string(),
  message: z.string(),
  /** What to do, a sentence. */
  remedy: z.string(),
  step: z.enum(STEP_NAMES),
  atMs: epochMs,
  evidence: z.array(apiCall),
  /** Who cancelled the run, and when. Absent: nobody did, or an earlier version did not note it. */
  cancel: z.optional(z.strictObject({ by: z.string(), atMs: epochMs })),
});
export type Failure = z.infer<typeof failure>;

const source = z.strictObject({
  kind: z.enum(["server", "volume"]),
  id: z.string(),
  name: z.string(),
  projectId: z.string(),
  /** The volume whose content becomes the image; null for `createImage` of a server. */
  volumeId: z.nullable(z.string()),
  /** Every server and volume that the run stops or takes, sorted: what the run locks. */
  lockIds: z.array(z.string()),
  volumeBacked: z.boolean(),
  /** Of the server, when the run began. Null: not told, or the source is a volume. */
  availabilityZone: z._default(z.nullable(z.string()), null),
  /** Of `data_disks`: the disks that the images are of, in the order of their devices, such as `vdb`. */
  disks: z._default(z.array(z.strictObject({ volumeId: z.string(), device: z.string() })), []),
  /** Servers that have the volume, and that `stop_server` stops for its image. Empty: the source is a server. */
  servers: z._default(z.array(z.strictObject({ id: z.string(), name: z.string() })), []),
  /** The image that the server was booted from. Null: it runs from a volume, or the source is one. */
  bootImageId: z._default(z.nullable(z.string()), null),
  /** `regild_*` and sync properties that the source will hand on to its image. */
  inherited: z.record(z.string(), z.string()),
});
export type Source = z.infer<typeof source>;

const candidate = z.strictObject({
  id: z.string(),
  attemptId: z.string(),
  creationName: z.string(),
  /** When the create was sent. */
  askedAtMs: epochMs,
  activeAtMs: z.nullable(epochMs),
  sizeBytes: z.nullable(z.int()),
  /** Time of the first of the two 404s that prove the image gone. */
  missingSinceMs: z.nullable(epochMs),
  /** Highest status seen: an upload that goes back to `queued` has failed. */
  wasSaving: z.boolean(),
});
export type Candidate = z.infer<typeof candidate>;

/** The image of one more data disk. It goes with the candidate, which is the image of the first one. */
const diskImage = z.strictObject({
  id: z.string(),
  name: z.string(),
  device: z.string(),
  /** Time of the first of the two 404s that prove the image gone. */
  missingSinceMs: z.nullable(epochMs),
});
export type DiskImage = z.infer<typeof diskImage>;

const job = z.strictObject({
  /** Null: its create was not answered, and IMS has an image of that name. */
  id: z.nullable(z.string()),
  attemptId: z.string(),
  name: z.string(),
  askedAtMs: epochMs,
});
export type Job = z.infer<typeof job>;

/** The candidate in another image service, under the same id. */
const copy = z.strictObject({
  /** Its name in the recipe. */
  zone: z.string(),
  /** When that image service took the copy's record. Null: not asked yet, or no answer came. */
  registeredAtMs: z.nullable(epochMs),
  /** How the content comes there: that image service fetches it, Regild sends it, or it goes to a further store. */
  way: z._default(z.enum(["fetch", "stream", "store"]), "fetch"),
  /** How often that image service was asked to fetch the content, or Regild began to send it. */
  fetches: count,
  /** What Regild had sent when it last looked. Null: it sends nothing. */
  sentBytes: z._default(z.nullable(count), null),
  /** When the copy was first seen without content and with none on its way. */
  brokenSinceMs: z.nullable(epochMs),
  /** Time of the first of the two 404s that prove the copy gone. */
  missingSinceMs: z.nullable(epochMs),
});
export type ImageCopy = z.infer<typeof copy>;

/** The candidate's copy that IMS makes in another region, under an id of its own. */
const regionCopy = z.strictObject({
  /** Its name in the recipe. */
  zone: z.string(),
  /** The project that gets it: that of the zone's credentials. */
  projectId: z.string(),
  /** Absent: not asked for yet. */
  job: z.optional(job),
  /** Absent: not known yet. */
  imageId: z.optional(z.string()),
  /** Since when it is not there, although its job has ended or its id is known. */
  missingSinceMs: z.nullable(epochMs),
});
export type RegionCopy = z.infer<typeof regionCopy>;

/** The export of the promoted image to OBS. */
const imageExport = z.strictObject({
  /** `bucket:file`. */
  to: z.string(),
  askedAtMs: epochMs,
  /** Null: IMS has not told it yet, or does not know it any more. */
  jobId: z.nullable(z.string()),
  /** A call had no answer, or its job is not known any more: the file may be there without a word. */
  isUnsure: z.boolean(),
  /** When IMS last refused because the image is being exported. */
  busyAtMs: z.nullable(epochMs),
  doneAtMs: z.nullable(epochMs),
  /** Why it is given up. */
  problem: z.nullable(z.strictObject({ message: z.string(), remedy: z.string() })),
});
export type ImageExport = z.infer<typeof imageExport>;

/** For a recipe with `promote: approve`: the question and a person's answer. */
const approval = z.strictObject({
  askedAtMs: epochMs,
  /** Without an answer by then, the image is rejected. */
  untilMs: epochMs,
  /** Time that the run has after the answer: its deadline stands still until then. */
  leftMs: epochMs,
  /** The image that was current when the run asked. */
  against: z.nullable(z.strictObject({ id: z.string(), name: z.string() })),
  /** Null: the image does not have this field. */
  differences: z.array(
    z.strictObject({
      what: z.string(),
      current: z.nullable(z.string()),
      candidate: z.nullable(z.string()),
    }),
  ),
  decision: z.nullable(
    z.strictObject({
      kind: z.enum(["approved", "rejected"]),
      by: z.string(),
      reason: z.nullable(z.string()),
      atMs: epochMs,
    }),
  ),
});
export type Approval = z.infer<typeof approval>;

/** A snapshot or volume that exists only for this capture. */
const temporary = z.strictObject({ id: z.string(), name: z.string() });

/** The server that is booted from the candidate. */
const testServer = z.strictObject({
  id: z.string(),
  name: z.string(),
  imageId: z.string(),
  /** Null: the cloud chose it. */
  zone: z.nullable(z.string()),
  createdAtMs: epochMs,
});
export type TestServer = z.infer<typeof testServer>;

/** A test that the candidate has passed. */
const passedTest = z.strictObject({
  zone: z.nullable(z.string()),
  serverId: z.string(),
  seconds: count,
  /** What the console printed. Null: no line was expected. */
  line: z.nullable(z.string()),
  /** Address, port and path of its answer over the network. Null: none was asked for. */
  answeredAt: z._default(z.nullable(z.string()), null),
  /** The last lines of the console when the test had passed. Null: the console was not read, or is empty. */
  consoleTail: z._default(z.nullable(z.string()), null),
});

export const runSchema = storedRecord(
  z.strictObject({
    schema: z.literal(2),
    id: z.string(),
    recipeName: z.string(),
    /** As it was when the run started: later edits do not change a run. */
    recipe: recipeSchema,
    installationId: z.string(),
    trigger: z.strictObject({
      kind: z.enum(["command", "schedule", "webhook"]),
      by: z.string(),
      id: z.string(),
    }),
    startedAtMs: epochMs,
    deadlineAtMs: epochMs,
    /** When it began to wait for other runs of its recipe. Null: it did not have to. */
    queuedAtMs: z._default(z.nullable(epochMs), null),
    /** The next check. */
    reconcileAtMs: epochMs,
    step: z.enum(STEP_NAMES),
    stepSinceMs: epochMs,
    /** Number of this run among the recipe's runs, from 1. */
    seq: count,
    /** The image's name, filled once the source is known. */
    imageName: z.nullable(z.string()),
    source: z.nullable(source),
    /** Holds every lock of `source.lockIds`. */
    locked: z.boolean(),
    /** It is one of the uploads that max_parallel of its recipe allows on the cloud. */
    hasRoom: z._default(z.boolean(), false),
    /** What the source showed when its image was taken. Null: not noted, as where the recipe has no skip_unchanged. */
    sourceState: z._default(z.nullable(sourceStateSchema), null),
    /** Null: not asked in this attempt, as where the recipe has no hook. */
    hook: z._default(z.nullable(hookStateSchema), null),
    /** The snapshot that the volume is put back to. Null: none in this attempt, as where the recipe has no restore. */
    savedDisk: z._default(
      z.nullable(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          /** When the server's record had taken it over. Null: not yet, and nothing was prepared. */
          notedAtMs: z.nullable(epochMs),
          /** From then on the guest may prepare itself. Null: not yet. */
          readyAtMs: z.nullable(epochMs),
          /** When the guest was done, and its server off with the disk. From then on Regild detaches it. Null: not yet. */
          preparedAtMs: z._default(z.nullable(epochMs), null),
        }),
      ),
      null,
    ),
    /** When the first server was asked to stop. Begin of the downtime that the report shows. */
    stoppedAtMs: z.nullable(epochMs),
    /** When each server that has the volume was asked to stop. Empty where the source is a server. */
    stops: z._default(z.array(z.strictObject({ serverId: z.string(), atMs: epochMs })), []),
    restoredAtMs: z.nullable(epochMs),
    /** Counts images made; a failed synchronisation takes another. */
    attempt: z.int().check(z.positive()),
    intent: z.nullable(intent),
    /** Creates of this attempt without an answer whose result was not found. The result may still appear. */
    unansweredAttempts: z.array(intent),
    /** The id that this attempt's image is to have. Null: not chosen yet, or the call itself brings it. */
    chosenImageId: z._default(z.nullable(z.string()), null),
    /** Of the empty image that tries out whether Glance takes an id. Null: nothing is tried out just now. */
    triedImageId: z._default(z.nullable(z.string()), null),
    /** The cloud refused a create with an image id of our choosing: this run asks for none. */
    namesOnly: z._default(z.boolean(), false),
    /** Every name that a create asked for. Nova's snapshots have these names, also if the create made no image. */
    creationNames: z.array(z.string()),
    /** The job that makes the image. Null: none, or the image is there. */
    job: z._default(z.nullable(job), null),
    /** The job that makes the encrypted copy. Absent: not configured, or not asked for yet. */
    copyJob: z.optional(job),
    /** What the copy was made of: not encrypted, and to go. Absent: the candidate is no such copy. */
    plainImage: z.optional(
      z.strictObject({ id: z.string(), uploadSeconds: z.nullable(z.number()) }),
    ),
    snapshot: z.nullable(temporary),
    volume: z.nullable(temporary),
    candidate: z.nullable(candidate),
    /** Of `data_disks`: the images of all disks but the first one. */
    diskImages: z._default(z.array(diskImage), []),
    /** Of the candidate, in zones that get them from Regild. Each is announced here before it is asked for. */
    copies: z._default(z.array(copy), []),
    /** Likewise, in zones that get them from IMS. Absent: none was announced. */
    regionCopies: z.optional(z.array(regionCopy)),
    /** Null: none was made, or the last one is gone. */
    testServer: z._default(z.nullable(testServer), null),
    /** In the order of the recipe's zones. */
    tests: z._default(z.array(passedTest), []),
    /** Null: the run has not asked, or needs no approval. */
    approval: z._default(z.nullable(approval), null),
    /** True once the recipe state names the candidate as current. After that the run is not undone. */
    promoted: z.boolean(),
    replacedImageId: z.nullable(z.string()),
    /**
     * The delete or stop of the server after the promotion, announced before the call. Null: not configured, or not
     * yet.
     */
    afterPromote: z._default(
      z.nullable(
        z.strictObject({
          announcedAtMs: epochMs,
          doneAtMs: z.nullable(epochMs),
          /** Why the call is not made after all. */
          kept: z.nullable(z.string()),
        }),
      ),
      null,
    ),
    /** Absent: not configured, or not yet. */
    imageExport: z.optional(imageExport),
    failure: z.nullable(failure),
    /** Transient failures in a row, for the growing gap between tries. */
    transientFailures: count,
    /** Cloud calls so far. */
    apiCalls: count,
    snapshotsCleaned: count,
    imagesRetired: z.array(z.string()),
    /** What the ended run could not undo. The inventory or the source record has it, and Regild retries it. */
    leftovers: z.array(z.string()),
    joinedRunId: z.nullable(z.string()),
    outcome: z.nullable(z.enum(OUTCOMES)),
    endedAtMs: z.nullable(epochMs),
    timeline: z.array(event),
  }),
);
export type Run = z.infer<typeof runSchema>;

/** True while the run waits for other runs of its recipe. */
export function isQueued({ queuedAtMs, seq, step, outcome }: Run): boolean {
  return queuedAtMs !== null && seq === 0 && step === "prepare-source" && outcome === null;
}

/** The delete or stop of the server that a promoted run has not done, and why. Null: nothing is left to do. */
export function serverLeft({ recipe, promoted, source, afterPromote }: Run): string | null {
  const isWished = promoted && recipe.afterPromote !== null && recipe.allowSource !== null;
  if (!isWished || source?.kind !== "server") return null;
  if (afterPromote !== null && afterPromote.doneAtMs !== null) return null;
  return `server ${source.id} is not ${recipe.afterPromote === "delete_server" ? "deleted" : "stopped"}`;
}
