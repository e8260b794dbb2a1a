import { gatheringKey, newMessage, type Notification } from "../notification/message.ts";
import { deliver } from "./deliver.ts";
import type { NotifyDeps } from "./deps.ts";

/** Sends one message to a target, without a record. @returns why it was not taken. Null: it was. */
export async function testMessage(
  on: Pick<NotifyDeps, "outgoing" | "mailer" | "targets" | "now">,
  target: string,
): Promise<string | null> {
  const nowMs = on.now();
  const notification: Notification = {
    id: `test#${nowMs}`,
    event: "promoted",
    recipe: "test",
    run: null,
    image: null,
    atMs: nowMs,
    title: "Regild: this is a test",
    lines: ["Somebody tries this target. Nothing has happened to any image"],
  };
  const is = { gatheredIn: null, isOpen: false, dueAtMs: nowMs };
  const doc = newMessage(target, [notification], is, nowMs);
  const { refusal } = await deliver(on, { key: gatheringKey(target, nowMs, nowMs), doc });
  return refusal?.reason ?? null;
}
