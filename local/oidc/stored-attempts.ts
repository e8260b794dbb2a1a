import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Ids, Key, Store } from "../../shared/ports.ts";
import { commit, unborn } from "../../shared/protocol/actor.ts";
import type { UsedAttempts } from "./used-attempts.ts";

const usedSchema = z.strictObject({ schema: z.literal(1) });

/** Kept in the store, for processes that share it. A record goes when the attempt is over by itself. */
export function storedAttempts(deps: { store: Store; ids: Ids }): UsedAttempts {
  return {
    use: async (state, untilMs) => {
      const used: z.infer<typeof usedSchema> = { schema: 1 };
      const shelf = { sweepAtMs: null, expiresAtMs: untilMs };
      return (await commit(deps, unborn(keyOf(state), used), used, shelf)) !== null;
    },
  };
}

function keyOf(state: string): Key {
  const digest = createHash("sha256").update(state).digest("base64url");
  return { pk: "K#oidc-attempts", sk: `attempt#${digest}` };
}
