import * as z from "zod/mini";
import type { Ids, Store } from "../ports.ts";
import { storedRecord } from "../stored-record.ts";
import { commit, load, unborn } from "./actor.ts";

const installationSchema = storedRecord(
  z.strictObject({ schema: z.literal(2), installationId: z.string() }),
);
const KEY = { pk: "K#home", sk: "t" };

/**
 * This store's random name, part of every marker: two installations that work in one project are strangers to
 * each other and leave each other's images alone.
 */
export async function installationIdOf(deps: { store: Store; ids: Ids }): Promise<string> {
  const known = await load(deps.store, KEY, installationSchema);
  if (known !== null) return known.doc.installationId;
  const fresh = { schema: 2 as const, installationId: deps.ids.short() + deps.ids.short() };
  const won = await commit(deps, unborn(KEY, fresh), fresh, { sweepAtMs: null });
  return won?.doc.installationId ?? (await installationIdOf(deps));
}
