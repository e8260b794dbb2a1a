import * as z from "zod/mini";
import type { Ids, Store } from "../ports.ts";
import { commit, load, unborn } from "./actor.ts";

const homeSchema = z.strictObject({ schema: z.literal(1), home: z.string() });
const KEY = { pk: "K#home", sk: "t" };

/**
 * This store's random name, part of every marker: two installations that work in one project are strangers to
 * each other and leave each other's images alone.
 */
export async function homeOf(deps: { store: Store; ids: Ids }): Promise<string> {
  const known = await load(deps.store, KEY, homeSchema);
  if (known !== null) return known.doc.home;
  const fresh = { schema: 1 as const, home: deps.ids.short() + deps.ids.short() };
  const won = await commit(deps, unborn(KEY, fresh), fresh, { sweepAtMs: null });
  return won?.doc.home ?? (await homeOf(deps));
}
