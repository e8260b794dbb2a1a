import type { MemoryQueues } from "../../memory/queue.ts";
import type { Item, Key, ReconcileRequest } from "../../../shared/ports.ts";
import { idOf } from "./records.ts";
import type { Case, Rule } from "./rule.ts";

/** Of one item's messages so many are under way at most: its own, what the queue doubles, what sweeps add while a worker's time runs out. */
const MOST_ALIVE = 14;

/** A message speaks of a version that is stored, is sent by who wrote it, and founds no chain that never ends. */
export class Messages implements Rule {
  /** Who wrote each version of each item. */
  private readonly writers = new Map<string, string>();
  /** Which items each actor has put off, by a due time beside the version. */
  private readonly putOff = new Set<string>();
  private readonly is: Case;
  private readonly queues: MemoryQueues;

  constructor(is: Case, queues: MemoryQueues) {
    this.is = is;
    this.queues = queues;
  }

  item(item: Item): void {
    const { caller } = this.is;
    if (caller !== null) this.writers.set(`${idOf(item.key)} v${item.version}`, caller.name);
  }

  marked(key: Key): void {
    this.putOff.add(`${idOf(key)} ${this.is.caller?.actor ?? ""}`);
  }

  sent(_queue: string, { key, version }: ReconcileRequest): void {
    const { is } = this;
    const what = `${key.pk} ${key.sk} v${version}`;
    const item = is.records.item(key);
    if (item === null || item.version < version)
      is.broken("no message is sent before the record it speaks of", what);
    this.isItsOwn(key, version, what);
    const actor = is.caller?.actor ?? "";
    if (actor.startsWith("sweep") && !this.putOff.has(`${idOf(key)} ${actor}`))
      is.broken("the sweep puts an item off before it sends it", what);
    let alive = 0;
    for (const { request } of this.queues.messages.values()) {
      if (request.key.pk === key.pk && request.key.sk === key.sk) alive++;
    }
    if (alive > MOST_ALIVE) is.broken("no chain of messages lives for ever", `${what}: ${alive}`);
  }

  /** Who works on a message sends on what it wrote itself, or received too early. */
  private isItsOwn(key: Key, version: number, what: string): void {
    const { caller } = this.is;
    if (caller === null || !/^[RS]#/.test(caller.actor)) return;
    // A batch is named by all its messages.
    const received = ` ${caller.actor.replaceAll(",", " ")}`.includes(
      ` ${key.pk} ${key.sk} v${version} `,
    );
    const wrote = this.writers.get(`${idOf(key)} v${version}`) === caller.name;
    if (!received && !wrote)
      this.is.broken(
        "a message is sent by who wrote what it speaks of",
        `${what} by ${caller.actor}`,
      );
  }
}
