import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Backend } from "../../../shared/lambda/backend.ts";
import { start, type Trigger } from "../../../shared/protocol/start.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { recipeStateOf, runOf } from "../../../local/view/read.ts";

/** A trigger, and the run that each of its deliveries was answered with. */
export interface Delivered {
  recipe: string;
  runIds: string[];
}

const POLL_MS = 250;

/**
 * Has a run of every recipe under way at any time, as `regild refresh` starts them beside the host. One trigger in three
 * is delivered again when its run is over, one in three twice at once, and one run in four is joined by another.
 */
export class Refreshes {
  readonly delivered: Delivered[] = [];
  private readonly backend: Backend;
  private readonly random: () => number;
  private readonly loops: Promise<void>[];
  private goesOn = true;

  constructor(backend: Backend, random: () => number) {
    this.backend = backend;
    this.random = random;
    this.loops = [...backend.recipes.values()].map((recipe) => this.keepGoing(recipe));
  }

  /** No new ones; what is under way goes on. */
  async stop(): Promise<void> {
    this.goesOn = false;
    await Promise.all(this.loops);
  }

  private async keepGoing(recipe: Recipe): Promise<void> {
    while (this.goesOn) {
      const trigger: Trigger = { kind: "command", by: "test:cloud:kill", id: randomUUID() };
      const told: Delivered = { recipe: recipe.name, runIds: [] };
      this.delivered.push(told);
      const deliver = async (): Promise<void> => {
        told.runIds.push(await start(this.backend, this.backend.installationId, recipe, trigger));
      };
      const repeated = this.random();
      await Promise.all(repeated < 1 / 3 ? [deliver(), deliver()] : [deliver()]);
      if (this.random() < 1 / 4) await this.join(recipe);
      await this.untilOver(told);
      if (repeated > 2 / 3) await deliver();
    }
  }

  private async join(recipe: Recipe): Promise<void> {
    const trigger: Trigger = { kind: "command", by: "test:cloud:kill", id: randomUUID() };
    const runId = await start(this.backend, this.backend.installationId, recipe, trigger);
    this.delivered.push({ recipe: recipe.name, runIds: [runId] });
  }

  /** Or no new ones are wanted. */
  private async untilOver({ recipe, runIds: [id = ""] }: Delivered): Promise<void> {
    const { store } = this.backend;
    while (this.goesOn) {
      const ended = (await runOf(store, id))?.run.outcome !== null;
      if (ended && (await recipeStateOf(store, recipe))?.activeRun === null) return;
      await sleep(POLL_MS);
    }
  }
}
