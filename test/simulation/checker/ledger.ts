import type { Head, LateTry, LedgerImage, Part } from "../../../shared/image/head.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** What may become of an image and of a part: written a second time here, on purpose. */
const IMAGE_MOVES = new Set([
  "new>candidate",
  "new>doomed",
  "candidate>current",
  "candidate>doomed",
  "current>retired",
  "retired>current",
  "retired>doomed",
  "doomed>gone",
]);
const PART_MOVES = new Set(["new>kept", "new>doomed", "kept>doomed", "doomed>gone"]);

const DAY_MS = 24 * 3_600_000;

/** A recipe's ledger moves as its table allows, forgets nothing that is there, and calls gone only what is gone. */
export class Ledger implements Rule {
  /** When each run's record was closed, by no worker's clock. */
  private readonly endedAtMs = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  run({ before, now }: Change<Run>): void {
    if (now.outcome !== null && before?.outcome == null) this.endedAtMs.set(now.id, this.is.nowMs);
  }

  head({ before, now }: Change<Head>): void {
    this.compare("image", before?.images ?? [], now.images, IMAGE_MOVES);
    this.compare("part", before?.parts ?? [], now.parts, PART_MOVES);
    for (const late of before?.lateTries ?? []) {
      if (!now.lateTries.some((t) => t.tryId === late.tryId)) this.givenUp(late);
    }
  }

  private compare(
    what: "image" | "part",
    before: ReadonlyArray<LedgerImage | Part>,
    now: ReadonlyArray<LedgerImage | Part>,
    moves: ReadonlySet<string>,
  ): void {
    const { is } = this;
    const was = new Map(before.map((entry) => [entry.id, entry.state]));
    for (const { id, state } of now) {
      const earlier = was.get(id) ?? "new";
      was.delete(id);
      if (earlier === state) continue;
      if (!moves.has(`${earlier}>${state}`))
        is.broken(`the ledger's ${what}s move as the table allows`, `${id} ${earlier} → ${state}`);
      if (state === "gone" && is.things.byId.get(id)?.diedAtMs === null)
        is.broken("what the ledger calls gone is gone", `${what} ${id}`);
    }
    for (const [id, state] of was) {
      if (state !== "gone" && is.things.byId.get(id)?.diedAtMs === null)
        is.broken("the ledger forgets nothing that is not gone", `${what} ${id}, ${state}`);
    }
  }

  /** An unanswered create is looked for until a day after its run's end, or what it made is found. */
  private givenUp({ name, run, kind }: LateTry): void {
    const { is } = this;
    const endedAtMs = this.endedAtMs.get(run) ?? is.records.run(run)?.endedAtMs;
    if (endedAtMs != null && is.nowMs >= endedAtMs + DAY_MS) return;
    const wanted = kind.endsWith("image") ? "image" : kind.slice("create-".length);
    const made = [...is.things.byId.values()].some((t) => t.kind === wanted && t.name === name);
    if (!made) is.broken("an unanswered create is looked for until its time is over", name);
  }
}
