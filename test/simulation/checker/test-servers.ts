import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** Servers that starts name, by the names that the simulation gives them: they may be deleted as well. */
const BUILDS = /^build-/;

/** What does not boot never becomes current; and of the servers that show it none is left, and no other one goes. */
export class TestServers implements Rule {
  /** By run: in which zones a server was booted from which image. */
  private readonly booted = new Map<string, Set<string>>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  born({ kind, id, by }: Thing): void {
    const server = kind === "server" ? this.is.cloud.world.servers.get(id) : undefined;
    if (server === undefined || by?.run == null) return;
    const of = this.booted.get(by.run) ?? new Set();
    this.booted.set(by.run, of.add(server.availabilityZone ?? "any"));
  }

  request(asked: Asked): void {
    if (asked.kind !== "delete-server") return;
    const { is } = this;
    const server = is.cloud.world.servers.get(asked.server);
    if (server === undefined || BUILDS.test(server.name)) return;
    if (is.things.byId.get(server.id)?.by?.run == null)
      is.broken("no server is deleted that no test made", `${server.name} ${server.id}`);
    const states = is.records.recipeStates.all().flatMap(({ resources }) => resources);
    if (states.find(({ id }) => id === server.id)?.state !== "deleting")
      is.broken("only servers marked for deletion are deleted", `${server.name} ${server.id}`);
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { current } = now;
    const was = before?.images.find(({ id }) => id === current);
    const image = now.images.find(({ id }) => id === current);
    if (image === undefined || (was?.promotedAtMs ?? null) !== null) return;
    const test = this.is.records.run(image.run)?.recipe.testBoot ?? null;
    if (test === null) return;
    const outcome = this.is.cloud.settings.bootOutcome(image.id);
    if (outcome !== "boots")
      this.is.broken("what does not boot never becomes current", `${image.id}: ${outcome}`);
    const zones = test.availabilityZones.length === 0 ? ["any"] : test.availabilityZones;
    const missing = zones.filter((zone) => this.booted.get(image.run)?.has(zone) !== true);
    if (missing.length > 0)
      this.is.broken(
        "what becomes current was booted in each zone",
        `${image.id}: ${missing.join()}`,
      );
  }

  end(): void {
    for (const thing of this.is.things.ours()) {
      if (thing.kind === "server")
        this.is.broken("no server of a test is left", `${thing.name} ${thing.id}`);
    }
  }
}
