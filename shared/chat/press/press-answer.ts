import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Key } from "../../ports.ts";
import { REPORT_PREFIX } from "../report/report.ts";

const epochMs = z.int().check(z.nonnegative());

/** The answer to a pressed button, for a platform that shows no answer of the request itself. */
export const pressAnswerSchema = z.strictObject({
  schema: z.literal(1),
  /** The workspace's name in regild.yml. */
  workspace: z.string(),
  /** The address that the platform gave with the press, sealed. */
  address: z.string(),
  /** JSON documents, sent in this order. */
  bodies: z.array(z.string()),
  /** How many of them the platform took. */
  taken: z.int(),
  /** How many requests were made: the platform takes only a few. */
  attempts: z.int(),
  openedAtMs: epochMs,
  dueAtMs: epochMs,
  /** Null: not all of it is sent yet. */
  doneAtMs: z.nullable(epochMs),
});
export type PressAnswer = z.infer<typeof pressAnswerSchema>;

const SORT_KEY = `${REPORT_PREFIX}press`;

/** One per press: a request that comes again is answered once. */
export function pressAnswerKey(workspace: string, requestId: string): Key {
  const digest = createHash("sha256").update([workspace, requestId].join("\n")).digest("hex");
  return { pk: `T#${digest}`, sk: SORT_KEY };
}

export function isPressAnswer({ sk }: Key): boolean {
  return sk === SORT_KEY;
}
