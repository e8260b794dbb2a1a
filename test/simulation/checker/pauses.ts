import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import { TIMING } from "../simulation.ts";
import type { Asked } from "./asked.ts";
import { type Case, type Change, recently, type Rule } from "./rule.ts";

interface Spell {
  /** When the store had it. */
  fromMs: number;
  untilMs: number;
  scope: string;
}

/** A paused recipe is started by no schedule, also not later for a start in the pause, and deletes nothing old. */
export class Pauses implements Rule {
  private readonly spells = new Map<string, Spell[]>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const spells = this.spells.get(now.recipeName) ?? [];
    this.spells.set(now.recipeName, spells);
    const { pause } = now;
    if (pause !== null) {
      const untilMs = pause.untilMs ?? Number.POSITIVE_INFINITY;
      const last = spells.at(-1);
      if (before?.pause?.atMs !== pause.atMs || last === undefined) {
        spells.push({ fromMs: this.is.nowMs, untilMs, scope: pause.scope });
      } else last.untilMs = untilMs;
    }
    for (const image of now.images) {
      const was = before?.images.find(({ id }) => id === image.id)?.state;
      if (was === "retired" && image.state === "deleting" && this.isWhole(now.recipeName) !== null)
        this.is.broken("a paused recipe deletes nothing old", `${image.id} is marked`);
    }
  }

  run({ before, now }: Change<Run>): void {
    if (before !== null || now.trigger.kind !== "schedule") return;
    const dueAtMs = Date.parse(now.trigger.id.slice(now.trigger.id.indexOf(" ") + 1));
    const { skewMs } = TIMING;
    const spell = this.spells
      .get(now.recipeName)
      ?.find(({ fromMs, untilMs }) => fromMs + skewMs < dueAtMs && dueAtMs < untilMs - skewMs);
    if (spell !== undefined && this.is.strict)
      this.is.broken("no schedule starts a paused recipe", now.trigger.id);
  }

  request(asked: Asked): void {
    if (asked.kind !== "delete") return;
    for (const { recipeName, images, resources } of this.is.records.recipeStates.all()) {
      const imageId = resources.find(({ id }) => id === asked.id)?.imageId ?? asked.id;
      const image = images.find(({ id }) => id === imageId);
      if (image === undefined || image.promotedAtMs === null) continue;
      // A worker may have read the record before.
      const spell = this.isWhole(recipeName);
      if (spell !== null && !recently(this.is, spell.fromMs))
        this.is.broken("a paused recipe deletes nothing old", asked.id);
    }
  }

  private isWhole(recipeName: string): Spell | null {
    const { nowMs } = this.is;
    const marginMs = TIMING.skewMs * (this.is.strict ? 1 : 10);
    return (
      this.spells
        .get(recipeName)
        ?.findLast(
          ({ fromMs, untilMs, scope }) =>
            scope === "everything" && fromMs <= nowMs && nowMs < untilMs - marginMs,
        ) ?? null
    );
  }
}
