import type * as z from "zod/mini";
import type { Ids, Item, Key, Store } from "../ports.ts";
import { runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { readDocument } from "../read-document.ts";

/** A stored record with its document read: a run, a recipe state or a source. The document is frozen. */
export interface Actor<Doc> {
  key: Key;
  version: number;
  cancelAtMs: number | null;
  /** When the sweep sends the item on. */
  sweepAtMs: number | null;
  doc: Doc;
}

/** When the sweep sends the item on, and where an ended one is listed. */
export interface Shelf {
  sweepAtMs: number | null;
  day?: string | null;
  expiresAtMs?: number | null;
}

type StoreAndIds = { store: Store; ids: Ids };

export async function load<Doc>(
  store: Store,
  key: Key,
  schema: z.ZodMiniType<Doc>,
): Promise<Actor<Doc> | null> {
  const item = await store.get(key);
  return item === null ? null : read(item, schema);
}

export function read<Doc>(item: Item, schema: z.ZodMiniType<Doc>): Actor<Doc> {
  const doc = readDocument(item.doc, schema);
  const { key, version, cancelAtMs, sweepAtMs } = item;
  return { key, version, cancelAtMs, sweepAtMs, doc };
}

/**
 * Writes the document if the stored version is still the one that it was made from. Null: another worker committed first.
 * A store client may repeat a write whose answer was lost, and its own first write then causes a refusal. So this reads
 * the item after a refusal. The refusal counts only if the stored write id is another one.
 */
export async function commit<Doc>(
  { store, ids }: StoreAndIds,
  over: Actor<Doc>,
  doc: Doc,
  shelf: Shelf,
): Promise<Actor<Doc> | null> {
  const writeId = ids.short() + ids.short();
  const write = {
    key: over.key,
    writeId,
    sweepAtMs: shelf.sweepAtMs,
    day: shelf.day ?? null,
    expiresAtMs: shelf.expiresAtMs ?? null,
    doc: JSON.stringify(doc),
  };
  const answer = await store.commit(write, over.version);
  if (answer === "lost") {
    const there = await store.get(over.key);
    if (there?.writeId !== writeId) return null;
  }
  return { ...over, version: over.version + 1, sweepAtMs: shelf.sweepAtMs, doc };
}

/** A record before its first commit. */
export function unborn<Doc>(key: Key, doc: Doc): Actor<Doc> {
  return { key, version: 0, cancelAtMs: null, sweepAtMs: null, doc };
}

const MAX_RACES = 20;

/**
 * Reads, changes and writes; repeats that if another worker was faster. `change` is pure, and returns null to leave the
 * document as it is. Applying it to a document that it has already changed must do no harm.
 * @returns the document as stored after the call.
 */
export async function update<Doc>(
  ports: StoreAndIds,
  key: Key,
  schema: z.ZodMiniType<Doc>,
  empty: Doc,
  change: (doc: Doc) => Doc | null,
  shelf: (doc: Doc) => Shelf,
): Promise<Doc> {
  for (let race = 0; race < MAX_RACES; race++) {
    const actor = (await load(ports.store, key, schema)) ?? unborn(key, empty);
    const changed = change(actor.doc);
    if (changed === null) return actor.doc;
    const won = await commit(ports, actor, changed, shelf(changed));
    if (won !== null) return won.doc;
  }
  throw new Error(`${key.pk} ${key.sk} was changed by others ${MAX_RACES} times in a row`);
}

/**
 * @returns when the run started. Null: it has ended, or the store does not know it, because a backup was restored.
 */
export async function underWaySinceMs(store: Store, runId: string): Promise<number | null> {
  const run = await load(store, runKey(runId), runSchema);
  return run === null || run.doc.outcome !== null ? null : run.doc.startedAtMs;
}
