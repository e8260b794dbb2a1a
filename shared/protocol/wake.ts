import type { Image } from "../cloud-ports.ts";
import type { Wake } from "../ports.ts";
import { headSchema } from "../image/head.ts";
import { runSchema } from "../run/record.ts";
import { sourceSchema } from "../source/item.ts";
import { read } from "./actor.ts";
import { lookAtHead } from "./look-at-head.ts";
import { lookAtRun } from "./look-at-run.ts";
import { lookAtSource } from "./look-at-source.ts";
import type { Deps, Program } from "./step.ts";

/** The message speaks of a version that this store has not: a read was stale, so let it come again. */
export class NotThereYet extends Error {}

/**
 * Takes one message. Older than the record: dropped, and never sent again, or every duplicate would found a second
 * chain for good. Newer: thrown, to be received again. Equal: the actor gets its look.
 */
export async function wake(
  deps: Deps,
  program: Program,
  message: Wake,
  listed: ReadonlyMap<string, Image> = new Map(),
): Promise<void> {
  const item = await deps.store.get(message.key);
  if (item === null || item.version < message.version) {
    throw new NotThereYet(
      `${message.key.pk} ${message.key.sk} has no version ${message.version} yet`,
    );
  }
  if (item.version > message.version) return;
  if (item.key.sk === "head") return lookAtHead(deps, read(item, headSchema));
  if (item.key.sk === "lock") return lookAtSource(deps, read(item, sourceSchema));
  return lookAtRun(deps, program, read(item, runSchema), listed);
}
