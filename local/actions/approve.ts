import { answerApproval } from "../../shared/commands/approve.ts";
import { sentOrSwept } from "../../shared/protocol/sent-or-swept.ts";
import { Refused } from "../http-answer.ts";
import type { RunRecord } from "../view/run.ts";
import { type ActionDeps, byOf, type Request } from "./deps.ts";

/**
 * Answers a run that waits for a person. The same answer by the same token again changes nothing.
 * @throws Refused: it does not wait for an answer.
 */
export async function answerRun(
  deps: ActionDeps,
  { asker }: Pick<Request, "asker">,
  { run }: RunRecord,
  { kind, reason }: { kind: "approved" | "rejected"; reason: string | null },
): Promise<void> {
  const by = byOf(asker);
  const before = run.approval?.decision ?? null;
  if (before !== null && before.kind === kind && before.by === by) return;
  const queue = sentOrSwept(deps.queue, deps.log);
  const answered = await answerApproval({ ...deps, queue }, run.id, { kind, by, reason });
  if (!("refused" in answered)) return;
  const remedy = `How it stands: GET /v1/runs/${run.id}`;
  throw new Refused(409, "not-waiting", answered.refused, remedy);
}
