import * as z from "zod";
import type { Key } from "../ports.ts";
import { recipeSchema } from "../recipe/recipe.ts";
import { STEP_NAMES } from "./step-names.ts";

export const OUTCOMES = ["succeeded", "failed", "cancelled", "joined"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const epochMs = z.int().nonnegative();

const apiCall = z.strictObject({
  method: z.string(),
  service: z.enum(["identity", "compute", "volume", "image"]),
  path: z.string(),
  status: z.int().nullable(),
  requestId: z.string().nullable(),
});

/** One line of the story. Repeated looks are counted in one event, not listed. */
const event = z.strictObject({
  atMs: epochMs,
  step: z.enum(STEP_NAMES),
  kind: z.enum(["step", "look", "intent", "answer", "act", "weather", "failure"]),
  text: z.string(),
  /** How often this was seen in a row, first at `atMs`. */
  count: z.int().positive(),
  /** Calls that changed something or were refused; plain reads are only counted in `apiCalls`. */
  calls: z.array(apiCall),
});
export type TimelineEvent = z.infer<typeof event>;

export const INTENT_KINDS = [
  "stop-server",
  "create-image",
  "upload-image",
  "create-snapshot",
  "create-volume",
] as const;

/** Committed before the call it announces; while it is open only its writer commits the record. */
const intent = z.strictObject({
  kind: z.enum(INTENT_KINDS),
  /** The try id: new for each try, and part of the creation name. */
  id: z.string(),
  /** The name the created thing is given and found again by. */
  name: z.string(),
  atMs: epochMs,
  /** What is known of the answer: nothing yet, or that none came. */
  answer: z.enum(["open", "unknown"]),
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
});
export type Failure = z.infer<typeof failure>;

const source = z.strictObject({
  kind: z.enum(["server", "volume"]),
  id: z.string(),
  name: z.string(),
  projectId: z.string(),
  /** The volume whose content becomes the image; null for `createImage` of a server. */
  volumeId: z.string().nullable(),
  /** Server and every volume taken, sorted: what the run locks. */
  lockIds: z.array(z.string()),
  volumeBacked: z.boolean(),
  /** `regild_*` and sync properties that the source will hand on to its image. */
  inherited: z.record(z.string(), z.string()),
});
export type Source = z.infer<typeof source>;

const candidate = z.strictObject({
  id: z.string(),
  tryId: z.string(),
  creationName: z.string(),
  /** When the create was sent. */
  askedAtMs: epochMs,
  activeAtMs: epochMs.nullable(),
  sizeBytes: z.int().nullable(),
  /** First of the two 404s that prove it gone. */
  missingSinceMs: epochMs.nullable(),
  /** Highest status seen: an upload that goes back to `queued` has failed. */
  wasSaving: z.boolean(),
});
export type Candidate = z.infer<typeof candidate>;

/** A snapshot or volume that exists only for this capture. */
const temporary = z.strictObject({ id: z.string(), name: z.string() });

export const runSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string(),
  recipeName: z.string(),
  /** As it was when the run started: later edits do not change a run. */
  recipe: recipeSchema,
  home: z.string(),
  trigger: z.strictObject({
    kind: z.enum(["command", "schedule"]),
    by: z.string(),
    id: z.string(),
  }),
  startedAtMs: epochMs,
  deadlineAtMs: epochMs,
  /** The next look. */
  lookAtMs: epochMs,
  step: z.enum(STEP_NAMES),
  stepSinceMs: epochMs,
  /** This recipe's how-manieth run. */
  seq: z.int().nonnegative(),
  /** The image's name, filled once the source is known. */
  imageName: z.string().nullable(),
  source: source.nullable(),
  /** Holds every lock of `source.lockIds`. */
  locked: z.boolean(),
  /** The server was asked to stop, for the outage the user is told about. */
  stoppedAtMs: epochMs.nullable(),
  restoredAtMs: epochMs.nullable(),
  /** Counts images made; a failed synchronisation takes another. */
  attempt: z.int().positive(),
  intent: intent.nullable(),
  /** Tries of this attempt whose answer never came and that were not found: they may still show up. */
  lostTries: z.array(intent),
  /** Every name an image was asked for under: Nova's snapshots bear them, also when no image came of it. */
  creationNames: z.array(z.string()),
  snapshot: temporary.nullable(),
  volume: temporary.nullable(),
  candidate: candidate.nullable(),
  /** The head names the candidate as current: from here on the run only goes forward. */
  promoted: z.boolean(),
  replacedImageId: z.string().nullable(),
  failure: failure.nullable(),
  /** Weather in a row, for the growing gap between tries. */
  weather: z.int().nonnegative(),
  /** Cloud calls so far. */
  apiCalls: z.int().nonnegative(),
  snapshotsCleaned: z.int().nonnegative(),
  imagesRetired: z.array(z.string()),
  /** What an ended run could not undo: it stands in the ledger or the source item and is retried. */
  leftovers: z.array(z.string()),
  joinedRunId: z.string().nullable(),
  outcome: z.enum(OUTCOMES).nullable(),
  endedAtMs: epochMs.nullable(),
  timeline: z.array(event),
});
export type Run = z.infer<typeof runSchema>;

/** `web-20261123-093012-k3f9q2` ↔ partition `R#web`, sort key `run#20261123-093012-k3f9q2`. */
export function runKey(runId: string): Key {
  const match = /^(.+)-(\d{8}-\d{6}-[0-9a-z]{6})$/.exec(runId);
  if (match === null) throw new Error(`${runId} is no run id, such as web-20261123-093012-k3f9q2`);
  return { pk: `R#${match[1]}`, sk: `run#${match[2]}` };
}

export function runId(recipeName: string, startedAtMs: number, suffix: string): string {
  const iso = new Date(startedAtMs).toISOString();
  return `${recipeName}-${iso.slice(0, 10).replaceAll("-", "")}-${iso.slice(11, 19).replaceAll(":", "")}-${suffix}`;
}
