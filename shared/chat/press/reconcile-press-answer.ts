import type { ReconcileRequest } from "../../ports.ts";
import { type Actor, commit, load } from "../../protocol/actor.ts";
import { LOST_AFTER_MS, sealingKeys } from "../report/open-report.ts";
import { next, problemIn, type ReportDeps } from "../report/reconcile-report.ts";
import { unseal } from "../report/seal.ts";
import { ADDRESS_MESSAGES, ADDRESS_MS, isAt, JSON_HEADERS } from "../report/way.ts";
import { originsOf } from "../report/ways.ts";
import { type PressAnswer, pressAnswerSchema } from "./press-answer.ts";

const TIMEOUT_MS = 10_000;
const RETRY_MS = 5_000;
const KEPT_MS = 24 * 3_600_000;

/** Takes one message of the queue: sends what is left of the answer, and counts each request before it is made. */
export async function reconcilePressAnswer(
  on: ReportDeps,
  { key, version }: ReconcileRequest,
): Promise<void> {
  const found = await load(on.store, key, pressAnswerSchema);
  if (found === null || found.version !== version || found.doc.doneAtMs !== null) return;
  let actor = found;
  const { workspace: name, address: sealed, bodies, openedAtMs } = actor.doc;
  const workspace = (await on.chat()).get(name);
  if (workspace === undefined) return finish(on, actor, "its workspace is not there any more");
  const origins = originsOf(workspace.platform, workspace.url);
  const address = unseal(sealed, sealingKeys(workspace)) ?? "";
  if (!isAt(address, origins))
    return finish(on, actor, "its address is of no host of the platform");
  for (const body of bodies.slice(actor.doc.taken)) {
    const isOver = on.now() - openedAtMs >= ADDRESS_MS;
    if (isOver || actor.doc.attempts >= ADDRESS_MESSAGES) {
      return finish(on, actor, "the platform takes no further message");
    }
    const counted = { ...actor.doc, attempts: actor.doc.attempts + 1 };
    const won = await commit(on, actor, counted, { sweepAtMs: on.now() + LOST_AFTER_MS });
    if (won === null) return; // another worker sends it
    actor = won;
    const request = { method: "POST", url: address, headers: JSON_HEADERS, body } as const;
    const answer = await on.outgoing.send(
      { ...request, timeoutMs: TIMEOUT_MS },
      { origins, allowPrivate: workspace.private_addresses ?? false },
    );
    const problem = problemIn(answer, () => null);
    if (problem !== null) {
      on.log.warn("chat did not take the answer to a button", { workspace: name, ...problem });
      if (problem.isForGood) return finish(on, actor, problem.reason);
      return next(on, actor, actor.doc, on.now() + RETRY_MS * 2 ** counted.attempts);
    }
    actor = { ...actor, doc: { ...actor.doc, taken: actor.doc.taken + 1 } };
  }
  await finish(on, actor, null);
}

async function finish(
  on: ReportDeps,
  actor: Actor<PressAnswer>,
  why: string | null,
): Promise<void> {
  const now = on.now();
  // Neither the address nor the texts are of further use.
  const doc = { ...actor.doc, address: "", bodies: [], doneAtMs: now };
  await commit(on, actor, doc, { sweepAtMs: null, expiresAtMs: now + KEPT_MS });
  if (why !== null) on.log.warn("a button gets no answer", { workspace: doc.workspace, why });
}
