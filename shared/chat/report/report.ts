import * as z from "zod/mini";
import type { Key } from "../../ports.ts";
import { runKey } from "../../run/run-id.ts";

const epochMs = z.int().check(z.nonnegative());

/** One per run that was started from a chat: what that chat was told of it. */
export const reportSchema = z.strictObject({
  schema: z.literal(1),
  runId: z.string(),
  /** The workspace's name in regild.yml. */
  workspace: z.string(),
  channel: z.string(),
  /** How a person writes a command: `/regild`. */
  prefix: z.string(),
  /** The address that the platform gave with the command, sealed; null: it gave none. */
  address: z.nullable(z.string()),
  askedAtMs: epochMs,
  /** How many messages went to that address. A platform takes only a few. */
  posts: z.int(),
  /** The one message that is edited; null: there is none yet. */
  messageId: z.nullable(z.string()),
  /** Digest and step of the last message; null: there was none. */
  told: z.nullable(z.strictObject({ digest: z.string(), step: z.string(), atMs: epochMs })),
  /** Attempts in a row that the platform did not take. */
  failures: z.int(),
  failingSinceMs: z.nullable(epochMs),
  dueAtMs: epochMs,
  /** Null: the end is not told yet. */
  doneAtMs: z.nullable(epochMs),
});
export type Report = z.infer<typeof reportSchema>;

export const REPORT_PREFIX = "report#";

/** Beside the run, in the recipe's partition. */
export function reportKey(runId: string, workspace: string): Key {
  const { pk, sk } = runKey(runId);
  return { pk, sk: `${REPORT_PREFIX}${sk.slice("run#".length)}#${workspace}` };
}
