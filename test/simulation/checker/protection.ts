import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Asked } from "./asked.ts";
import { type Case, INVOCATION_MS, type Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

const MARK = "regild_protected";

interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

/** Images that are to be protected are, no delete waits for that, and what others protect stays so. */
export class Protection implements Rule {
  /** Who has protected the images of the first zone that are protected now. One that is not in it: others, or nobody. */
  private readonly byUs = new Set<string>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
    // A store that was put back does not know of all that was set since.
    for (const { id, protection } of is.records.recipeStates.all().flatMap((h) => h.images))
      if (protection !== null && this.image(id)?.protected === true) this.byUs.add(id);
  }

  request(asked: Asked): void {
    if (asked.kind !== "patch" || asked.path.includes("/az2/")) return;
    const operations: Operation[] = JSON.parse(asked.body);
    const wanted = operations.find(({ path }) => path === "/protected")?.value;
    const image = this.image(asked.image);
    if (wanted === undefined || image === undefined) return;
    if (wanted === true) this.sets(asked.image, image.protected);
    else if (image.protected && !isRefused(operations, image.properties)) this.lifts(asked.image);
  }

  private sets(id: string, isProtected: boolean): void {
    const entry = this.entry(id);
    if (entry?.protection == null)
      this.is.broken("a protection is written down before it is set", id);
    if (!isProtected) this.byUs.add(id);
  }

  private lifts(id: string): void {
    const { is, byUs } = this;
    if (!byUs.has(id) && !is.touched(id, is.nowMs - INVOCATION_MS))
      is.broken("no protection of others is taken off", id);
    byUs.delete(id);
    const found = this.recordOf(id);
    const isStaying = found?.entry.state === "current" || found?.entry.state === "retired";
    if (is.strict && isStaying && found.recipeState.protects)
      is.broken("an image that stays, stays protected", `${id} is ${found.entry.state}`);
  }

  /** What a person takes off and sets again before anybody has looked counts as Regild's. */
  acted(id: string): void {
    const image = this.image(id);
    if (image?.protected !== true) this.byUs.delete(id);
    else if (MARK in image.properties && this.entry(id)?.protection?.state === "on")
      this.byUs.add(id);
  }

  died({ id }: Thing): void {
    this.byUs.delete(id);
  }

  end(): void {
    for (const recipeState of this.is.records.recipeStates.all()) {
      const { images, current, protects } = recipeState;
      // While somebody has deleted the current image, the others stay as they are.
      const isCurrentThere = current !== null && this.image(current) !== undefined;
      for (const entry of images) {
        const image = this.image(entry.id);
        if (image === undefined) continue;
        if (entry.state === "deleting" && image.protected && this.byUs.has(entry.id))
          this.is.broken("no delete waits for Regild's own protection", entry.id);
        if (entry.id === current && protects && !image.protected && !this.is.touched(entry.id))
          this.is.broken("the current image is protected", entry.id);
        if (this.is.strict && !protects && isCurrentThere && this.isOurs(entry.id))
          this.is.broken("no image stays protected that is not to be", entry.id);
      }
    }
  }

  private isOurs(id: string): boolean {
    return this.image(id)?.protected === true && this.byUs.has(id);
  }

  private image(id: string) {
    return this.is.cloud.world.firstZone.images.get(id);
  }

  private entry(id: string) {
    return this.recordOf(id)?.entry;
  }

  private recordOf(id: string) {
    const states: RecipeState[] = this.is.records.recipeStates.all();
    for (const recipeState of states) {
      const entry = recipeState.images.find((image) => image.id === id);
      if (entry !== undefined) return { recipeState, entry };
    }
    return null;
  }
}

/** Glance does all of a PATCH or nothing: it refuses to remove a property that is not there. */
function isRefused(operations: Operation[], properties: Record<string, string>): boolean {
  return operations.some(
    ({ op, path }) => op === "remove" && path === `/${MARK}` && !(MARK in properties),
  );
}
