import { markCreatedForDeletion } from "../image/created.ts";
import type { LateAttempt, RecipeState } from "../image/recipe-state.ts";
import { backupOriginOf, lateAttempts, whereOf } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import type { Placed, Thing } from "./things.ts";

/** A create of a run that has ended. Its name holds the attempt's id, so nothing else has it. */
export interface Attempt {
  recipeName: string;
  kind: Thing["kind"];
  name: string;
  /** The thing that the cloud's answer named: nothing else of this name is Regild's. Null: the answer got lost. */
  answeredId: string | null;
  late: LateAttempt;
}

/** A thing in the cloud that a run has made and its recipe's record does not have. */
export interface Orphan {
  attempt: Attempt;
  thing: Placed;
}

const KINDS: Record<LateAttempt["kind"], Thing["kind"] | null> = {
  "create-image": "image",
  "image-job": "image",
  "copy-image": "image",
  "copy-to-region": "image",
  "upload-image": "image",
  "create-snapshot": "snapshot",
  "save-disk": "snapshot",
  "create-volume": "volume",
  "create-server": null,
};

/** Every create that a run may have sent, under the names that it may have left in the cloud. */
export function attemptsOf(run: Run): Attempt[] {
  const where = whereOf(run);
  if (run.outcome === null || where === null) return [];
  const of = (kind: LateAttempt["kind"], name: string): LateAttempt => ({
    kind,
    run: run.id,
    attemptId: name.split("-").at(-1) ?? name,
    name,
    imageId: null,
    testOf: null,
    backup: backupOriginOf(run),
    where,
    atMs: run.startedAtMs,
    nextCheckAtMs: run.startedAtMs,
    untilMs: run.startedAtMs,
  });
  const { candidate, diskImages, snapshot, volume } = run;
  const answered = new Map<string, string>(
    [
      candidate === null ? null : ([`image ${candidate.creationName}`, candidate.id] as const),
      snapshot === null ? null : ([`snapshot ${snapshot.name}`, snapshot.id] as const),
      volume === null ? null : ([`volume ${volume.name}`, volume.id] as const),
      ...diskImages.map(({ name, id }) => [`image ${name}`, id] as const),
    ].filter((one) => one !== null),
  );
  const creates = [
    ...run.creationNames.map((name) => of("create-image", name)),
    ...(candidate === null ? [] : [of("create-image", candidate.creationName)]),
    ...diskImages.map(({ name }) => of("image-job", name)),
    ...(snapshot === null ? [] : [of("create-snapshot", snapshot.name)]),
    ...(volume === null ? [] : [of("create-volume", volume.name)]),
    ...lateAttempts(run, run.startedAtMs),
  ];
  return creates.flatMap((late) => {
    const kind = KINDS[late.kind];
    if (kind === null) return [];
    const { recipeName } = run;
    const { name } = late;
    const made = {
      recipeName,
      kind,
      name,
      answeredId: answered.get(`${kind} ${name}`) ?? null,
      late,
    };
    // Nova names the snapshots of a volume-backed server so (nova/compute/api.py, snapshot_volume_backed).
    const behind = { ...made, kind: "snapshot" as const, name: `snapshot for ${name}` };
    return late.kind === "create-image" ? [made, { ...behind, answeredId: null }] : [made];
  });
}

/** @param known ids that a record of any recipe has. */
export function orphansOf(
  attempts: readonly Attempt[],
  things: readonly Placed[],
  known: ReadonlySet<string>,
): Orphan[] {
  const byName = new Map(attempts.map((attempt) => [`${attempt.kind} ${attempt.name}`, attempt]));
  return things.flatMap((thing) => {
    const attempt = known.has(thing.id) ? undefined : byName.get(`${thing.kind} ${thing.name}`);
    const isOther = attempt?.answeredId != null && attempt.answeredId !== thing.id;
    return attempt === undefined || isOther ? [] : [{ attempt, thing }];
  });
}

/** The record with the orphans in it, marked for deletion: from then on they are deleted like everything else. */
export function withOrphans(
  recipeState: RecipeState,
  orphans: readonly Orphan[],
  nowMs: number,
): RecipeState {
  return orphans
    .filter(({ attempt }) => attempt.recipeName === recipeState.recipeName)
    .reduce<RecipeState>(
      (state, { attempt, thing: { kind, id } }) =>
        markCreatedForDeletion(state, { kind, id }, attempt.late, nowMs) ?? state,
      recipeState,
    );
}
