import type { Item } from "../../../shared/ports.ts";
import type { Run } from "../../../shared/run/record.ts";
import type { Asked } from "./asked.ts";
import { idOf } from "./records.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** A history keeps so many calls of one event. */
const KEPT_CALLS = 12;

/**
 * Whatever a worker on a run asked the cloud to change, and lived to commit, stands in the run's history: with the
 * cloud's request id, or as unanswered.
 */
export class RecordedCalls implements Rule {
  /** By process: what it works on, and what it has asked for since its last commit of it. */
  private readonly unrecorded = new Map<string, { actor: string; calls: string[] }>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request({ method, path, kind }: Asked): void {
    const { caller } = this.is;
    // Beyond bounds what an earlier message asked for may take place under a later one's name.
    if (!this.is.strict || caller === null) return;
    if (method === "GET" || method === "HEAD" || path.includes("/auth/")) return;
    if (kind === "observation" || kind === "list") return;
    // Content is sent beside the steps. The act that begins it is in the history, and why it did not arrive.
    if (kind === "stream") return;
    let mine = this.unrecorded.get(caller.name);
    if (mine?.actor !== caller.actor) {
      mine = { actor: caller.actor, calls: [] };
      this.unrecorded.set(caller.name, mine);
    }
    mine.calls.push(`${method} ${path}`);
  }

  run({ item, before, now }: Change<Run>): void {
    const { caller } = this.is;
    const mine = caller === null ? undefined : this.unrecorded.get(caller.name);
    if (caller === null || mine === undefined || mine.actor !== caller.actor) return;
    if (!isOf(mine.actor, item)) return;
    this.unrecorded.delete(caller.name);
    const news = now.timeline.slice(Math.max(0, (before?.timeline.length ?? 0) - 1));
    if (news.some((event) => event.calls.length >= KEPT_CALLS)) return;
    const told = new Set(
      news.flatMap((event) => event.calls.map(({ method, path }) => `${method} ${path}`)),
    );
    for (const call of mine.calls) {
      if (!told.has(call))
        this.is.broken("what a run changed in the cloud is in its timeline", `${now.id}: ${call}`);
    }
  }
}

/** `R#web run#… v3 #1` works on that run. */
function isOf(actor: string, item: Item): boolean {
  return actor.startsWith(`${idOf(item.key).replace("\n", " ")} `);
}
