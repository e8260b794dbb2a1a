import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Ids, Key, Store } from "../../shared/ports.ts";
import { commit, unborn } from "../../shared/protocol/actor.ts";
import { type Session, SESSION_MS } from "./session.ts";

/** Sign-ins that were ended before their time. A copy of the cookie is of no use any more. */
export interface EndedSignIns {
  add: (session: Session) => Promise<void>;
  has: (session: Session) => Promise<boolean>;
}

const endedSchema = z.strictObject({ schema: z.literal(1), endedAtMs: z.int() });

/** Kept in the store, for processes that share it. A record goes when the cookie would have ended by itself. */
export function storedEndedSignIns(deps: {
  store: Store;
  ids: Ids;
  now: () => number;
}): EndedSignIns {
  const { store, now } = deps;
  return {
    add: async (session) => {
      const nowMs = now();
      const ended: z.infer<typeof endedSchema> = { schema: 1, endedAtMs: nowMs };
      const shelf = { sweepAtMs: null, expiresAtMs: nowMs + SESSION_MS };
      // Ended twice is ended: who comes second loses the commit.
      await commit(deps, unborn(keyOf(session), ended), ended, shelf);
    },
    has: async (session) => (await store.get(keyOf(session))) !== null,
  };
}

/** By a hash: the CSRF token of a sign-in is a secret. */
function keyOf({ csrf }: Session): Key {
  const digest = createHash("sha256").update(csrf).digest("base64url");
  return { pk: "K#ended-sign-ins", sk: `sign-in#${digest}` };
}
