import { commit, unborn } from "../../protocol/actor.ts";
import type { Deps } from "../../protocol/step.ts";
import type { ChatCommand } from "../platform.ts";
import { LOST_AFTER_MS, NOTIFY, sealingSecret } from "../report/open-report.ts";
import { seal } from "../report/seal.ts";
import type { Workspace } from "../workspace.ts";
import { type PressAnswer, pressAnswerKey } from "./press-answer.ts";

/** Has `notify` send the answer to a press. Nothing is sent from here: the platform waits three seconds only. */
export async function openPressAnswer(
  on: Pick<Deps, "store" | "queue" | "ids" | "log" | "now">,
  { name, workspace }: { name: string; workspace: Workspace },
  by: ChatCommand,
  bodies: string[],
): Promise<void> {
  const secret = sealingSecret(workspace);
  if (by.replyTo === null || secret === undefined) return;
  const now = on.now();
  const answer: PressAnswer = {
    schema: 1,
    workspace: name,
    address: seal(by.replyTo, secret),
    bodies,
    taken: 0,
    attempts: 0,
    openedAtMs: now,
    dueAtMs: now,
    doneAtMs: null,
  };
  const key = pressAnswerKey(name, by.id);
  const sweepAtMs = now + LOST_AFTER_MS;
  const born = await commit(on, unborn(key, answer), answer, { sweepAtMs });
  if (born === null) return;
  // The sweep sends a message that is lost here.
  await on.queue
    .send(NOTIFY, { key, version: born.version }, 0)
    .catch((error: unknown) => on.log.warn("a button is answered late", { error: String(error) }));
}
