import { commit, unborn } from "../../protocol/actor.ts";
import type { Asked } from "../commands/command.ts";
import { keysOf } from "../workspace.ts";
import { type Report, reportKey } from "./report.ts";
import { seal } from "./seal.ts";
import { WAY_OF } from "./ways.ts";

export const NOTIFY = "notify";
const FIRST_AFTER_MS = 3_000;
/** How long after a message was due the sweep takes it for lost. */
export const LOST_AFTER_MS = 60_000;

/** Has the chat told how the run goes on. A request that comes again finds the report there. */
export async function openReport(asked: Asked, runId: string): Promise<void> {
  const { on, workspaceName, workspace, by } = asked;
  const now = on.now();
  const secret = sealingSecret(workspace);
  const report: Report = {
    schema: 1,
    runId,
    workspace: workspaceName,
    channel: by.channel,
    prefix: by.prefix,
    address: by.replyTo === null || secret === undefined ? null : seal(by.replyTo, secret),
    askedAtMs: now,
    posts: 0,
    messageId: null,
    told: null,
    failures: 0,
    failingSinceMs: null,
    dueAtMs: now + FIRST_AFTER_MS,
    doneAtMs: null,
  };
  const address = report.address === null ? null : by.replyTo;
  const asking = { workspace, report, address, nowMs: now };
  if (WAY_OF[workspace.platform](asking) === null) return; // nothing could be told
  const key = reportKey(runId, workspaceName);
  if ((await on.store.get(key)) !== null) return; // the request came again
  const sweepAtMs = report.dueAtMs + LOST_AFTER_MS;
  // Both at once: the message is due later than the record is there, and counts for nothing beside a newer record.
  await Promise.all([
    commit(on, unborn(key, report), report, { sweepAtMs }),
    // The sweep sends a message that is lost here.
    on.queue
      .send(NOTIFY, { key, version: 1 }, FIRST_AFTER_MS / 1000)
      .catch((error: unknown) =>
        on.log.warn("report begins late", { runId, error: String(error) }),
      ),
  ]);
}

export function sealingSecret({ bot_token: token, secrets }: Asked["workspace"]) {
  return token ?? secrets?.[0];
}

export function sealingKeys(workspace: Asked["workspace"]): readonly string[] {
  const { bot_token: token } = workspace;
  return [...(token === undefined ? [] : [token]), ...(workspace.secrets ?? keysOf(workspace))];
}
