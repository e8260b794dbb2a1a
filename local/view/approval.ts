import * as z from "zod/mini";
import { isWaitingForApproval } from "../../shared/run/approval.ts";
import type { Run } from "../../shared/run/record.ts";
import { time, timeOf } from "./document.ts";

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
    by: decision?.by ?? null,
    reason: decision?.reason ?? null,
    answered_at: decision === null ? null : timeOf(decision.atMs),
  };
}
