import { isOfOldImage } from "../../../shared/image/backing-resources.ts";
import { heldUntilMs } from "../../../shared/image/pause.ts";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { SourceItem } from "../../../shared/source/item.ts";
import { isOfUnseenImage } from "./image-backups.ts";
import { snapshotsOf } from "./pointer.ts";
import { namesOf } from "./records.ts";
import type { Case, Change, Rule } from "./rule.ts";
import { attemptName, TEST, type Thing } from "./things.ts";

/** Whatever of ours is in the cloud stands in a record, with a due time when it is to go: no left-over is unrecorded. */
export class LeftOvers implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ item, before, now }: Change<Run>): void {
    const { is } = this;
    if (now.outcome === null && item.sweepAtMs === null)
      is.broken("pending work has a due time", now.id);
    const ended = now.outcome !== null && before?.outcome === null;
    for (const thing of is.things.ours()) {
      if (thing.by?.run !== now.id || is.touched(thing.id) || (!ended && !is.strict)) continue;
      if (!this.isRecorded(thing, now, is.records.recipeState(now.recipeName)))
        is.broken(
          ended
            ? "an ended run has no unrecorded left-over"
            : "within bounds, nothing is unrecorded",
          `${now.id}: ${thing.kind} ${thing.name} ${thing.id}`,
        );
    }
  }

  recipeState({ item, now }: Change<RecipeState>): void {
    const { is } = this;
    // Old images wait for the end of a pause. Whoever resumes gives one without an end its time.
    const isHeld = heldUntilMs(now) === Number.POSITIVE_INFINITY;
    const pending =
      now.activeRun !== null ||
      now.projectAtMs !== null ||
      now.lateAttempts.length > 0 ||
      now.images.some((i) => i.state === "deleting" && !(isHeld && i.promotedAtMs !== null)) ||
      now.resources.some((p) => p.state === "deleting" && !(isHeld && isOfOldImage(now, p)));
    if (pending && item.sweepAtMs === null)
      is.broken("pending work has a due time", `the state of ${now.recipeName}`);
    if (!is.strict) return;
    for (const thing of is.things.ours()) {
      if (thing.by?.recipeName !== now.recipeName || is.touched(thing.id)) continue;
      const run = is.records.run(thing.by.run ?? "");
      if (run !== null && !this.isRecorded(thing, run, now))
        is.broken(
          "within bounds, nothing is unrecorded",
          `${run.id}: ${thing.kind} ${thing.name} ${thing.id}`,
        );
    }
  }

  source({ item, now }: Change<SourceItem>): void {
    if (
      (now.owner !== null || now.savedDisk != null || now.wishedPower !== null) &&
      item.sweepAtMs === null
    )
      this.is.broken("pending work has a due time", `source ${now.id}`);
  }

  private isRecorded(thing: Thing, run: Run, recipeState: RecipeState | null): boolean {
    const { id, kind, name } = thing;
    const image = attemptName(name);
    if (recipeState?.lateAttempts.some((t) => t.name === image || t.imageId === id) === true)
      return true;
    if (recipeState?.images.some((i) => i.id === id) === true) return true;
    if (recipeState?.resources.some((p) => p.id === id) === true) return true;
    // Its server is recorded, and Nova deletes it with the server.
    const server =
      kind === "volume" && name.startsWith(TEST)
        ? this.is.things.ours().find((t) => t.kind === "server" && t.name === name)
        : undefined;
    if (server !== undefined) return this.isRecorded(server, run, recipeState);
    // The record of the server is to put the disk back to it, and deletes it then.
    if (this.is.records.sources.all().some(({ savedDisk }) => savedDisk?.snapshotId === id))
      return true;
    // Its image is recorded, and tells of it.
    if (kind === "snapshot" && this.namer(id)) return true;
    if (kind === "backup" && this.hasImage(id, run, recipeState)) return true;
    if (kind === "backup" && isOfUnseenImage(this.is, id)) return true;
    if (run.outcome !== null) return false;
    return (
      [
        run.candidate?.id,
        ...run.diskImages.map((one) => one.id),
        run.snapshot?.id,
        run.volume?.id,
        run.testServer?.id,
        run.savedDisk?.id,
        run.triedImageId,
      ].includes(id) ||
      run.copyJob?.name === image ||
      [run.intent, ...run.unansweredAttempts].some(
        (t) => t !== null && (namesOf(run, t).includes(image) || t.imageId === id),
      ) ||
      (kind === "snapshot" && run.creationNames.includes(image))
    );
  }

  /** As long as the image is not called gone, or the run is at work with it, its backup is looked for. */
  private hasImage(backupId: string, run: Run, recipeState: RecipeState | null): boolean {
    const imageId = this.is.cloud.world.backups.get(backupId)?.imageId;
    return (
      (run.outcome === null && run.candidate?.id === imageId) ||
      recipeState?.images.some(({ id, state }) => id === imageId && state !== "gone") === true
    );
  }

  private namer(snapshotId: string): boolean {
    for (const { properties } of this.is.cloud.world.firstZone.images.values()) {
      if (snapshotsOf(properties).includes(snapshotId)) return true;
    }
    return false;
  }
}
