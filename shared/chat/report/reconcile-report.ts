import { createHash } from "node:crypto";
import type { HttpFailure, HttpResponse, Log, Outgoing, ReconcileRequest } from "../../ports.ts";
import { type Actor, commit, load } from "../../protocol/actor.ts";
import type { Deps } from "../../protocol/step.ts";
import { type Run, runSchema } from "../../run/record.ts";
import { runKey } from "../../run/run-id.ts";
import { recipeStateOf } from "../commands/find.ts";
import type { Reply } from "../platform.ts";
import type { Workspace } from "../workspace.ts";
import { decide } from "./decide.ts";
import { LOST_AFTER_MS, NOTIFY, sealingKeys } from "./open-report.ts";
import { progressReply } from "./progress.ts";
import { type Report, reportSchema } from "./report.ts";
import { unseal } from "./seal.ts";
import type { Way } from "./way.ts";
import { originsOf, WAY_OF } from "./ways.ts";

export interface ReportDeps extends Pick<Deps, "store" | "queue" | "ids" | "now"> {
  log: Log;
  outgoing: Outgoing;
  chat: () => Promise<ReadonlyMap<string, Workspace>>;
}

const TIMEOUT_MS = 10_000;
const KEPT_MS = 24 * 3_600_000;
const MAX_DELAY_SECONDS = 900;
const FIRST_BACK_OFF_MS = 5_000;
const MAX_BACK_OFF_MS = 15 * 60_000;

/** Takes one message of the queue: tells the chat of the run, if there is something new, and plans the next check. */
export async function reconcileReport(on: ReportDeps, message: ReconcileRequest): Promise<void> {
  const actor = await load(on.store, message.key, reportSchema);
  // The message is sent while the record is written. The sweep sends a record that comes after its message.
  if (actor === null) return;
  if (actor.version !== message.version || actor.doc.doneAtMs !== null) return;
  const { doc: report } = actor;
  const now = on.now();
  if (now < report.dueAtMs) return send(on, actor, report.dueAtMs);
  const workspace = (await on.chat()).get(report.workspace);
  const run = await followed(on, report.runId);
  if (workspace === undefined || run === null) {
    return finish(on, actor, "its workspace or its run is not there any more");
  }
  const address = report.address === null ? null : unseal(report.address, sealingKeys(workspace));
  const way = WAY_OF[workspace.platform]({ workspace, report, address, nowMs: now });
  const recipeState = await recipeStateOf(on.store, run.doc.recipeName);
  const { prefix } = report;
  const reply = progressReply(run, recipeState, { nowMs: now, prefix });
  const { step, reconcileAtMs, outcome } = run.doc;
  const seen = { hasEnded: outcome !== null, step, digest: digestOf(reply), reconcileAtMs };
  const decision = decide(report, seen, way, now);
  if (decision.kind === "done") return finish(on, actor, decision.why);
  if (decision.kind === "wait" || way === null) {
    return next(on, actor, report, decision.kind === "wait" ? decision.untilMs : now);
  }
  const said = decision.isGoodbye ? goodbye(reply, report) : reply;
  await tell(on, { actor, workspace, way, reply: said, isLast: decision.isLast, seen });
}

/** The run, or the one that it joined. */
async function followed(on: ReportDeps, runId: string): Promise<Actor<Run> | null> {
  const run = await load(on.store, runKey(runId), runSchema);
  const joined = run?.doc.joinedRunId ?? null;
  return joined === null ? run : load(on.store, runKey(joined), runSchema);
}

function goodbye(reply: Reply, { prefix, runId }: Report): Reply {
  const more = `The run goes on. This chat takes no later message: ${prefix} status ${runId}`;
  return { ...reply, lines: [...reply.lines, more] };
}

interface Telling {
  actor: Actor<Report>;
  workspace: Workspace;
  way: Way;
  reply: Reply;
  isLast: boolean;
  seen: { digest: string; step: string };
}

/** The message is counted before it is sent: so there are never more than the platform takes. */
async function tell(on: ReportDeps, telling: Telling): Promise<void> {
  const { workspace, way, reply, isLast, seen } = telling;
  const posts = telling.actor.doc.posts + (way.edits ? 0 : 1);
  const counted = { ...telling.actor.doc, posts };
  const soonMs = on.now() + LOST_AFTER_MS;
  const actor = await commit(on, telling.actor, counted, { sweepAtMs: soonMs });
  if (actor === null) return; // another worker tells it
  const { platform, url, private_addresses: allowPrivate = false } = workspace;
  const answer = await on.outgoing.send(
    { ...way.request(reply), timeoutMs: TIMEOUT_MS },
    { origins: originsOf(platform, url), allowPrivate },
  );
  const { runId, workspace: name } = counted;
  const problem = problemIn(answer, way.refusalIn);
  if (problem !== null) {
    on.log.warn("chat did not take a message", { run: runId, workspace: name, ...problem });
    if (problem.isForGood) return finish(on, actor, problem.reason);
    const failures = counted.failures + 1;
    const backOffMs = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(failures, 20));
    const failingSinceMs = counted.failingSinceMs ?? on.now();
    return next(on, actor, { ...counted, failures, failingSinceMs }, on.now() + backOffMs);
  }
  const messageId =
    counted.messageId ?? (answer.kind === "response" ? way.messageIdIn(answer.text) : null);
  const told = { digest: seen.digest, step: seen.step, atMs: on.now() };
  const after = { ...counted, messageId, told, failures: 0, failingSinceMs: null };
  if (isLast) return finish(on, { ...actor, doc: after }, null);
  await next(on, actor, after, on.now() + FIRST_BACK_OFF_MS);
}

/** @returns null: the platform took it. */
export function problemIn(
  answer: HttpResponse | HttpFailure,
  refusalIn: Way["refusalIn"],
): { reason: string; isForGood: boolean } | null {
  if (answer.kind === "failure") {
    return { reason: answer.reason, isForGood: answer.permanent === true };
  }
  const { status, text } = answer;
  if (status === 429 || status >= 500) return { reason: `status ${status}`, isForGood: false };
  if (status < 200 || status >= 300) return { reason: `status ${status}`, isForGood: true };
  const refusal = refusalIn(text);
  if (refusal === null) return null;
  return { reason: refusal, isForGood: !/ratelimited|internal_error|fatal_error/.test(refusal) };
}

/** Plans the next check of a report, or of an answer to a pressed button. */
export async function next<Doc extends { dueAtMs: number }>(
  on: ReportDeps,
  actor: Actor<Doc>,
  doc: Doc,
  dueAtMs: number,
): Promise<void> {
  const planned = { ...doc, dueAtMs };
  const won = await commit(on, actor, planned, { sweepAtMs: dueAtMs + LOST_AFTER_MS });
  if (won !== null) await send(on, won, dueAtMs);
}

async function send(on: ReportDeps, actor: Actor<unknown>, dueAtMs: number): Promise<void> {
  const seconds = Math.max(0, Math.ceil((dueAtMs - on.now()) / 1000));
  const request = { key: actor.key, version: actor.version };
  await on.queue.send(NOTIFY, request, Math.min(seconds, MAX_DELAY_SECONDS));
}

async function finish(on: ReportDeps, actor: Actor<Report>, why: string | null): Promise<void> {
  const now = on.now();
  // The address is of no further use.
  const doc = { ...actor.doc, address: null, doneAtMs: now };
  await commit(on, actor, doc, { sweepAtMs: null, expiresAtMs: now + KEPT_MS });
  const told = { run: doc.runId, workspace: doc.workspace };
  if (why === null) on.log.info("chat was told the end", told);
  else on.log.warn("chat is told no more", { ...told, why });
}

function digestOf({ title, lines }: Reply): string {
  return createHash("sha256")
    .update([title, ...lines].join("\n"))
    .digest("hex")
    .slice(0, 16);
}
