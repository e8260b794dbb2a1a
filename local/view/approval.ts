import * as z from "zod/mini";
import { isWaitingForApproval } from "../../shared/run/approval.ts";
import type { Run } from "../../shared/run/record.ts";
import { seconds, time, timeOf } from "./document.ts";

export const approvalSchema = z.strictObject({
  /** `waiting` for a person; `approved`; `rejected`; `over`: nobody answered in time, or the run ended before. */
  state: z.enum(["waiting", "approved", "rejected", "over"]),
  asked_at: time,
  /** Without an answer by then, the image is rejected. */
  until: time,
  /** The image that was current when the run asked. Null: none was. */
  compared_with: z.nullable(z.strictObject({ id: z.string(), name: z.string() })),
  /** Age and size, and all else that differs. `created_at` is a time, `size_bytes` a number of bytes. */
  differences: z.array(
    z.strictObject({
      what: z.string(),
      /** Null: the image has none. */
      current: z.nullable(z.string()),
      candidate: z.nullable(z.string()),
    }),
  ),
  /** The test boots that the candidate has passed. */
  test_boots: z.array(
    z.strictObject({
      /** Null: the cloud chose it. */
      availability_zone: z.nullable(z.string()),
      seconds,
      /** The line of the console that was expected. Null: none was. */
      line: z.nullable(z.string()),
      /** Where the server answered its probe. Null: none was asked for. */
      answered_at: z.nullable(z.string()),
      /** Null: the console was not read, or is empty. */
      console_tail: z.nullable(z.string()),
    }),
  ),
  /** Who answered. Null: nobody has. */
  by: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  answered_at: z.nullable(time),
});
export type ApprovalView = z.infer<typeof approvalSchema>;

/** Null: the run has not asked, or need not. */
export function viewApproval(run: Run): ApprovalView | null {
  const { approval } = run;
  if (approval === null) return null;
  const { askedAtMs, untilMs, against, differences, decision } = approval;
  return {
    state: decision?.kind ?? (isWaitingForApproval(run) ? "waiting" : "over"),
    asked_at: timeOf(askedAtMs),
    until: timeOf(untilMs),
    compared_with: against,
    differences,
    test_boots: run.tests.map((test) => ({
      availability_zone: test.zone,
      seconds: test.seconds,
      line: test.line,
      answered_at: test.answeredAt,
      console_tail: test.consoleTail,
    })),
    by: decision?.by ?? null,
    reason: decision?.reason ?? null,
    answered_at: decision === null ? null : timeOf(decision.atMs),
  };
}
