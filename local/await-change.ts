import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, answerTo, type CommandDeps } from "../shared/commands/change-current.ts";

const POLL_MS = 250;
/** Time after which the message is sent again: another write may have made the first one stale. */
const SEND_AGAIN_MS = 3_000;
/** Longest wait for the tags after the record has changed. */
const SHOW_PATIENCE_MS = 10_000;

/**
 * Waits until another image is current and the cloud shows it.
 * @param patienceMs longest wait. Then the answer so far is returned.
 * @returns null: no worker has carried the request out yet.
 */
export async function awaitChange(
  deps: CommandDeps,
  recipeName: string,
  id: string,
  patienceMs: number,
): Promise<Answer | null> {
  const beganMs = deps.now();
  let sentMs = beganMs;
  for (;;) {
    const again = deps.now() - sentMs >= SEND_AGAIN_MS;
    if (again) sentMs = deps.now();
    const answer = await answerTo(deps, recipeName, id, { again });
    if (answer !== null) {
      const isOver = deps.now() >= answer.change.atMs + SHOW_PATIENCE_MS;
      if (answer.isShown || isOver || answer.change.kind === "refused") return answer;
    }
    if (deps.now() - beganMs >= patienceMs) return answer;
    await sleep(POLL_MS);
  }
}
