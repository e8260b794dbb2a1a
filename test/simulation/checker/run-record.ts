import type { Run } from "../../../shared/run/record.ts";
import { TIMING } from "../simulation.ts";
import { snapshotsOf } from "./pointer.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** K5's two spellings. */
const REASONS = ["sync_status_reason", "sync_reason_status"];
const FORWARD = ["promote-image", "retire-images", "clean-up-snapshots"];

/** A run stays what it was started as, goes only forward from its promotion on, and ends once, truthfully. */
export class RunRecord implements Rule {
  /** Who wrote the open intent of each run. */
  private readonly writers = new Map<string, { by: string | undefined }>();
  private readonly kept = new Set<string>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ now }: Change<{ images: Array<{ run: string; state: string }> }>): void {
    for (const { run, state } of now.images) if (state === "current") this.kept.add(run);
  }

  run({ item, before, now }: Change<Run>): void {
    if (before === null) return;
    const { is } = this;
    if (before.outcome !== null) is.broken("a run's record is closed at its end", now.id);
    if (
      now.id !== before.id ||
      now.startedAtMs !== before.startedAtMs ||
      now.installationId !== before.installationId ||
      JSON.stringify(now.recipe) !== JSON.stringify(before.recipe) ||
      JSON.stringify(now.trigger) !== JSON.stringify(before.trigger)
    )
      is.broken("a run stays what it was started as", now.id);
    const isAsking = JSON.stringify(now.approval) !== JSON.stringify(before.approval);
    if (now.locked && before.locked && now.deadlineAtMs !== before.deadlineAtMs && !isAsking)
      is.broken("a run's deadline stands from its locks on", now.id);
    if (before.promoted && (!now.promoted || !FORWARD.includes(now.step) || now.failure !== null))
      is.broken("from its promotion on a run only goes forward", `${now.id} in ${now.step}`);
    this.intentIsItsWriters(before, now);
    if (before.failure === null && now.failure !== null)
      this.fails(now, now.failure.code, item.version - 1);
    if (before.outcome === null && now.outcome !== null) this.ends(now);
  }

  /** Until nobody can be waiting for the answer any more, by anybody's clock, who announced it alone writes. */
  private intentIsItsWriters(before: Run, now: Run): void {
    const { is } = this;
    const writer = this.writers.get(now.id);
    if (is.strict && before.intent?.isRepeatable === false && writer !== undefined) {
      const open = is.nowMs < before.intent.atMs + TIMING.windowMs + TIMING.callTimeoutMs;
      if (open && is.caller?.name !== writer.by)
        is.broken(
          "within bounds, while an intent is open nobody but its writer commits",
          `${now.id} ${before.intent.name}`,
        );
    }
    if (now.intent === null) this.writers.delete(now.id);
    else if (now.intent.id !== before.intent?.id) this.writers.set(now.id, { by: is.caller?.name });
  }

  /** No good image is given up for one check that did not see it, nor a run for a message of its past. */
  private fails({ id, candidate, diskImages }: Run, code: string, version: number): void {
    const { is } = this;
    const deadLetter = / v(\d+) #\d+$/.exec(is.caller?.actor ?? "")?.[1];
    if (code === "internal-error" && deadLetter !== undefined && Number(deadLetter) !== version)
      is.broken(
        "no run fails for a message of its past",
        `${id} v${version}, dead letter of v${deadLetter}`,
      );
    if (code === "id-taken" || code === "name-taken")
      is.broken("no run fails because its image is there already", id);
    // Two looks half a minute apart, by two clocks a minute apart, may be one.
    if (code !== "image-vanished" || candidate === null || !is.strict) return;
    const all = [candidate, ...diskImages].map((image) => image.id);
    if (all.every((imageId) => this.isGood(imageId) && !is.touched(imageId)))
      is.broken(
        "within bounds, no image is given up that is there and well",
        `${id}: ${all.join()}`,
      );
  }

  private isGood(imageId: string): boolean {
    const { firstZone, snapshots } = this.is.cloud.world;
    const { status, properties } = firstZone.images.get(imageId) ?? {};
    const isWhole = snapshotsOf(properties ?? {}).every((snapshotId) => snapshots.has(snapshotId));
    const isSynchronised = !REASONS.some((key) => (properties?.[key] ?? "") !== "");
    return (status === "active" || status === "saving") && isWhole && isSynchronised;
  }

  private ends({ id, outcome }: Run): void {
    const { is } = this;
    if ((outcome === "succeeded") !== this.kept.has(id))
      is.broken("a run's outcome says what became of its image", `${id} ${outcome ?? ""}`);
  }
}
