import { createHash, createHmac } from "node:crypto";
import * as z from "zod/mini";
import type { Ids, Key, Store } from "../ports.ts";
import { commit, load, unborn } from "../protocol/actor.ts";

export const GOOD_FOR_MS = 2 * 60_000;
/** A request that comes again later finds its confirmation used. */
const REMEMBERED_MS = 24 * 3_600_000;
/** Base 32 without look-alikes. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const WORD_LENGTH = 6;

const confirmationSchema = z.strictObject({
  schema: z.literal(1),
  command: z.enum(["cancel", "approve", "reject", "rollback"]),
  /** Of a rollback, the recipe. */
  runId: z.string(),
  /** The image that the user saw: the candidate, or the current one. Earlier versions confirmed nothing of images. */
  imageId: z._default(z.nullable(z.string()), null),
  /** Why, of a reject. */
  reason: z._default(z.nullable(z.string()), null),
  expiresAtMs: z.int(),
  usedAtMs: z.nullable(z.int()),
});
export type Confirmation = z.infer<typeof confirmationSchema>;

/** Who asks: a confirmation is of no use to anybody else. */
export interface Asker {
  installationId: string;
  /** The workspace's name in regild.yml. */
  workspace: string;
  user: string;
}

type Ports = { store: Store; ids: Ids; now: () => number };

/**
 * Remembers what the user has to confirm.
 * @param requestId the word depends on it: a repeated request gives the same word, which stays good for two minutes in all.
 * @param key a secret of the workspace, so that nobody can compute the word.
 */
export async function askToConfirm(
  ports: Ports,
  asker: Asker,
  what: Pick<Confirmation, "command" | "runId" | "imageId"> & Partial<Pick<Confirmation, "reason">>,
  { requestId, key }: { requestId: string; key: string },
): Promise<string> {
  const digest = createHmac("sha256", key)
    .update([asker.installationId, asker.user, requestId, what.command, what.runId].join("\n"))
    .digest();
  const word = [...digest.subarray(0, WORD_LENGTH)]
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");
  const now = ports.now();
  const doc = {
    schema: 1 as const,
    reason: null,
    ...what,
    expiresAtMs: now + GOOD_FOR_MS,
    usedAtMs: null,
  };
  // Lost to an earlier delivery of the same request: its record holds.
  await commit(ports, unborn(keyOf(asker, word), doc), doc, shelfAt(now));
  return word;
}

/** @returns null: the word is unknown, of another user, too old or used. */
export async function takeConfirmation(
  ports: Ports,
  asker: Asker,
  word: string,
): Promise<{ doc: Confirmation; use: () => Promise<boolean> } | null> {
  const found = await load(ports.store, keyOf(asker, word.toLowerCase()), confirmationSchema);
  const now = ports.now();
  if (found === null || found.doc.usedAtMs !== null || found.doc.expiresAtMs <= now) return null;
  const used = { ...found.doc, usedAtMs: now };
  return {
    doc: found.doc,
    use: async () => (await commit(ports, found, used, shelfAt(now))) !== null,
  };
}

function shelfAt(now: number) {
  return { sweepAtMs: null, expiresAtMs: now + REMEMBERED_MS };
}

function keyOf({ installationId, workspace, user }: Asker, word: string): Key {
  const digest = createHash("sha256").update([installationId, workspace, user, word].join("\n"));
  return { pk: `T#${digest.digest("hex")}`, sk: "confirm" };
}
