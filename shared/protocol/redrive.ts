import * as z from "zod";
import type { Item, Store, Wake } from "../ports.ts";
import { runKey } from "../run/record.ts";
import { update } from "./actor.ts";
import { type Letter, letterKey, letterSchema, wakeIn } from "./letter.ts";
import type { Deps } from "./step.ts";
import { queueOf } from "./sweep.ts";

/** What putting a dead letter back comes to. */
export type Redrive =
  /** The record as it stands now wants a look: a message of the old version would be dropped as stale. */
  | { kind: "send"; queue: string; wake: Wake }
  /** No message of Regild's: as it was, where it was. */
  | { kind: "put-back"; queue: string; body: string }
  | {
      kind: "refuse";
      code: "ended" | "no-record" | "queue-unknown";
      message: string;
      remedy: string;
    };

/** Puts a message that is none of Regild's into a queue. */
export type PutBack = (queue: string, body: string) => Promise<void>;

export async function planRedrive(store: Store, letter: Letter): Promise<Redrive> {
  const wake = wakeIn(letter.body);
  return redriveOf(letter, wake === null ? null : await store.get(wake.key));
}

/**
 * Sent first, then noted: a stop in between leaves a letter that can be put back again, and its second message does no
 * harm. @returns what was done, or why not.
 */
export async function redrive(
  deps: Pick<Deps, "store" | "queue" | "ids" | "now">,
  letter: Letter,
  putBack: PutBack,
): Promise<Redrive> {
  const plan = await planRedrive(deps.store, letter);
  if (plan.kind === "refuse") return plan;
  if (plan.kind === "send") await deps.queue.send(plan.queue, plan.wake, 0);
  else await putBack(plan.queue, plan.body);
  const redrivenAtMs = deps.now();
  await update(
    deps,
    letterKey(letter),
    letterSchema,
    letter,
    (there) => ({ ...there, redrivenAtMs }),
    ({ expiresAtMs }) => ({ sweepAtMs: null, expiresAtMs }),
  );
  return plan;
}

/** No more is read than is needed: a record of another version is put back as well as any. */
const endedSchema = z.object({ outcome: z.string() });

/** @param item the record that the letter is about. */
export function redriveOf({ id, kind, queue, body }: Letter, item: Item | null): Redrive {
  if (kind === "unknown") {
    if (queue !== null) return { kind: "put-back", queue, body };
    return {
      kind: "refuse",
      code: "queue-unknown",
      message: `Nobody knows which queue ${id} was in`,
      remedy:
        "If somebody needs it, send its body again from where it came: regild redrive -o json shows it",
    };
  }
  if (item === null) {
    return {
      kind: "refuse",
      code: "no-record",
      message: `Nothing is stored of ${id}: this store is a copy from before the message`,
      remedy: "Nothing is to be put back; the letter goes by itself",
    };
  }
  const ended = endedSchema.safeParse(JSON.parse(item.doc));
  if (kind === "run" && ended.success) {
    return {
      kind: "refuse",
      code: "ended",
      message: `Run ${id} has ended: ${ended.data.outcome}`,
      remedy: `To start again: regild refresh ${runKey(id).pk.slice(2)}`,
    };
  }
  return {
    kind: "send",
    queue: queueOf(item),
    wake: { key: item.key, version: item.version },
  };
}
