import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { SourceItem } from "../../../shared/source/item.ts";
import type { Case, Change, Rule } from "./rule.ts";

/**
 * One run at a time works on a recipe, and one on a disk; what an ended run held is free. A worker that slept across the
 * end of its run may still take something for it: whoever holds is asked after, so in the end it is free as well.
 */
export class Locks implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  source({ before, now }: Change<SourceItem>): void {
    this.handedOver(`source ${now.id}`, before?.owner ?? null, now.owner);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    this.handedOver(`recipe ${now.recipeName}`, before?.activeRun ?? null, now.activeRun);
  }

  run({ before, now }: Change<Run>): void {
    if (now.locked && before?.locked !== true) this.locked(now);
    if (now.outcome !== null && before?.outcome === null && this.is.strict) this.letGo(now);
  }

  end(): void {
    for (const source of this.is.records.sources.all()) {
      if (source.owner !== null)
        this.is.broken("no lock outlives its run", `${source.id} is held by ${source.owner}`);
    }
    for (const { activeRun, recipeName } of this.is.records.recipeStates.all()) {
      if (activeRun !== null)
        this.is.broken("no lock outlives its run", `${recipeName} is held by ${activeRun}`);
    }
  }

  private handedOver(what: string, from: string | null, to: string | null): void {
    const { is } = this;
    if (to === null || to === from) return;
    if (from !== null && is.records.run(from)?.outcome === null)
      is.broken("nothing is taken from a run that has not ended", `${what}, of ${from}, by ${to}`);
  }

  private locked(run: Run): void {
    const { is } = this;
    const lockIds = run.source?.lockIds ?? [];
    for (const id of [...lockIds, ...this.disksOf(run)]) {
      if (is.records.source(id)?.owner !== run.id)
        is.broken("a run locks every disk it takes", `${run.id}: ${id}`);
    }
  }

  /** As the cloud has it: what createImage of a server takes is its own disk, or its volumes. */
  private disksOf({ source, recipe }: Run): string[] {
    const server = this.is.cloud.world.servers.get(source?.id ?? "");
    if (server === undefined) return source?.volumeId == null ? [] : [source.volumeId];
    const volumes = server.imageId === null ? server.volumes : [];
    const isOfData = recipe.capture === "data_disks";
    const taken =
      recipe.capture === "server"
        ? volumes
        : volumes.filter((v) => (v.bootIndex === 0) !== isOfData);
    return [server.id, ...taken.map((v) => v.volumeId)].filter((id) => !this.is.touched(id));
  }

  private letGo({ id }: Run): void {
    const { is } = this;
    const held = [
      ...is.records.sources.all().filter((s) => s.owner === id),
      ...is.records.recipeStates.all().filter((h) => h.activeRun === id),
    ];
    if (held.length > 0)
      is.broken("within bounds, an ended run holds nothing", `${id}: ${held.length} held`);
  }
}
