import type { Run } from "../../../shared/run/record.ts";
import type { Asked } from "./asked.ts";
import type { Case, Rule } from "./rule.ts";

/** Servers that starts name, by the names that the simulation gives them. */
const ALLOWED = /^build-/;

/** The server of a build is deleted or stopped once its image is current, and no other server ever. */
export class Builds implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (asked.kind === "delete-server") this.mayGo(asked.server, "deleted");
    else if (asked.kind === "stop" && this.isForeign(asked.server))
      this.mayGo(asked.server, "stopped");
  }

  private isForeign(id: string): boolean {
    return this.is.cloud.world.servers.get(id)?.name.startsWith("prod-") === true;
  }

  private mayGo(id: string, done: string): void {
    const { is } = this;
    const server = is.cloud.world.servers.get(id);
    if (server === undefined || is.things.byId.get(id)?.by?.run != null) return;
    if (!ALLOWED.test(server.name))
      is.broken(
        "a server outside allow_source is never deleted or stopped",
        `${server.name} ${done}`,
      );
    const isImaged = is.records.recipeStates
      .all()
      .flatMap(({ images }) => images)
      .some((i) => i.promotedAtMs !== null && is.records.run(i.run)?.source?.id === id);
    if (done === "deleted" && !isImaged)
      is.broken("no source server is deleted before its image is current", server.name);
  }
}

/** Stopped as the recipe wishes, with an image that is current. */
export function isStoppedForGood(runs: Iterable<Run>, serverId: string): boolean {
  return [...runs].some(
    ({ recipe, afterPromote, source }) =>
      source?.id === serverId && recipe.afterPromote === "stop_server" && afterPromote !== null,
  );
}
