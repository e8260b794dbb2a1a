import * as z from "zod/mini";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Item } from "../../../shared/ports.ts";
import type { Case, Change, Rule } from "./rule.ts";

const rowsSchema = z.looseObject({
  rows: z.array(z.looseObject({ id: z.string(), fate: z.string() })),
});

/** A person's clean-up does what the plan says that the person has read. */
export class CleanUps implements Rule {
  /** By the person's command: ids in the plan that it stored, with their fates. */
  private readonly plans = new Map<string, Map<string, string>>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  item({ key, doc }: Item): void {
    const command = this.commandThat("plan");
    if (command === null || !key.pk.startsWith("P#")) return;
    const plan = this.plans.get(command) ?? new Map<string, string>();
    this.plans.set(command, plan);
    if (!key.sk.startsWith("rows#")) return;
    for (const { id, fate } of rowsSchema.parse(JSON.parse(doc)).rows) plan.set(id, fate);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const command = this.commandThat("apply");
    if (command === null) return;
    const plan = this.plans.get(command) ?? new Map<string, string>();
    const was = new Map(thingsOf(before).map((thing) => [thing.id, thing.state]));
    // A test server takes the volumes with it that Nova made for it.
    const isOfServer = (one: string) =>
      now.resources.some(
        (server) =>
          server.kind === "server" &&
          plan.has(server.id) &&
          now.resources.some(
            ({ id, kind, run }) => id === one && kind === "volume" && run === server.run,
          ),
      );
    for (const { id, state, run, imageId } of thingsOf(now)) {
      if (state !== "deleting" || was.get(id) === "deleting") continue;
      const isOfImage = imageId !== null && plan.get(imageId) === "delete";
      // One that the record had: what it did not have is marked, and may be kept all the same, as by a volume.
      const isChosen = was.get(id) === "retired";
      const isPlanned = isChosen ? plan.get(id) === "delete" : plan.has(id);
      // What somebody has deleted is only written down as gone.
      const isDead = this.is.things.byId.get(id)?.diedAtMs != null;
      if (!isPlanned && !isOfImage && !isOfServer(id) && !isDead)
        this.is.broken("a clean-up deletes what its plan says, and nothing else", id);
      if (run === now.activeRun)
        this.is.broken("a clean-up leaves the things of a run at work alone", `${id} of ${run}`);
    }
  }

  /** `clean-up 1`, if such a command writes now. */
  private commandThat(does: "plan" | "apply"): string | null {
    const match = /^command (clean-up \d+) (plan|apply)/.exec(this.is.caller?.actor ?? "");
    return match?.[2] === does ? (match[1] ?? null) : null;
  }
}

function thingsOf(recipeState: RecipeState | null) {
  const images = recipeState?.images.map((image) => ({ ...image, imageId: null })) ?? [];
  return [...images, ...(recipeState?.resources ?? [])];
}
