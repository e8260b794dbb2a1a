import type {
  RecipeState,
  LateAttempt,
  InventoryImage,
  BackingResource,
} from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** What may become of an image and of a part: written a second time here, on purpose. */
const IMAGE_MOVES = new Set([
  "new>candidate",
  "new>deleting",
  "new>retired",
  "candidate>current",
  "candidate>deleting",
  "current>retired",
  "retired>current",
  "retired>deleting",
  "deleting>gone",
]);
const RESOURCE_MOVES = new Set(["new>kept", "new>deleting", "kept>deleting", "deleting>gone"]);

const DAY_MS = 24 * 3_600_000;
const AGAIN = 3;

/** A recipe's inventory moves as its table allows, forgets nothing that is there, and calls gone only what is gone. */
export class Inventory implements Rule {
  /** When each run's record was closed, by no worker's clock. */
  private readonly endedAtMs = new Map<string, number>();
  /** How often each was called gone. */
  private readonly gone = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    if (now.outcome !== null && before?.outcome == null) this.endedAtMs.set(now.id, this.is.nowMs);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    this.compare("image", before?.images ?? [], now.images, IMAGE_MOVES);
    this.compare("resource", before?.resources ?? [], now.resources, RESOURCE_MOVES);
    const promoted = new Set(
      before?.images.filter(({ state }) => state !== "candidate").map(({ id }) => id),
    );
    for (const { id, state } of now.images)
      if (state === "deleting" && !promoted.has(id)) this.isGivenUp(id, now);
    for (const late of before?.lateAttempts ?? []) {
      if (!now.lateAttempts.some((t) => t.attemptId === late.attemptId)) this.givenUp(late);
    }
  }

  private compare(
    what: "image" | "resource",
    before: ReadonlyArray<InventoryImage | BackingResource>,
    now: ReadonlyArray<InventoryImage | BackingResource>,
    moves: ReadonlySet<string>,
  ): void {
    const { is } = this;
    const was = new Map(before.map((entry) => [entry.id, entry.state]));
    for (const { id, state } of now) {
      const earlier = was.get(id) ?? "new";
      was.delete(id);
      if (earlier === state) continue;
      if (!moves.has(`${earlier}>${state}`))
        is.broken(
          `the inventory's ${what}s move as the table allows`,
          `${id} ${earlier} → ${state}`,
        );
      if (state === "gone") this.isGone(what, id);
      if (state === "gone" && is.things.byId.get(id)?.diedAtMs === null)
        is.broken("what the inventory calls gone is gone", `${what} ${id}`);
    }
    for (const [id, state] of was) {
      if (state !== "gone" && is.things.byId.get(id)?.diedAtMs === null)
        is.broken("the inventory forgets nothing that is not gone", `${what} ${id}, ${state}`);
    }
  }

  /** Once more if a worker stops between two records, and the second names it again. */
  private isGone(what: string, id: string): void {
    const times = (this.gone.get(id) ?? 0) + 1;
    this.gone.set(id, times);
    if (times > AGAIN)
      this.is.broken(
        "what the inventory calls gone does not come back again and again",
        `${what} ${id}`,
      );
  }

  /** A run that goes on gives its candidate up for a zone that failed, and for nothing else. */
  private isGivenUp(imageId: string, { activeRun }: RecipeState): void {
    const { is } = this;
    const run = activeRun === null ? null : is.records.run(activeRun);
    if (!is.strict || run === null || run.candidate?.id !== imageId || is.touched(imageId)) return;
    if (run.failure === null && run.step !== "validate-sync")
      is.broken(
        "within bounds, no image is given up that is there and well",
        `${run.id} in ${run.step}: ${imageId}`,
      );
  }

  /** An unanswered create is looked for until a day after its run's end, or what it made is found. */
  private givenUp({ name, run, kind }: LateAttempt): void {
    const { is } = this;
    const endedAtMs = this.endedAtMs.get(run) ?? is.records.run(run)?.endedAtMs;
    if (endedAtMs != null && is.nowMs >= endedAtMs + DAY_MS) return;
    const isOfImage = kind === "image-job" || kind.endsWith("image");
    const isOfDisk = kind === "save-disk";
    const wanted = isOfImage ? "image" : isOfDisk ? "snapshot" : kind.slice("create-".length);
    const made =
      kind === "copy-to-region"
        ? is.cloud.world.journal.some((entry) => entry.name === name)
        : [...is.things.byId.values()].some((t) => t.kind === wanted && t.name === name);
    if (!made) is.broken("an unanswered create is looked for until its time is over", name);
  }
}
