import { describe, expect, it } from "vitest";
import { handler as checkFreshness } from "../../functions/check-freshness/handler.ts";
import { handler as notify } from "../../functions/notify/handler.ts";
import { notificationStateKey } from "../../shared/notification/state-key.ts";
import type { Target } from "../../shared/notify/target.ts";
import { start } from "../../shared/protocol/start.ts";
import { type Chat, CHATS, IncomingWebhooks, targetOf } from "../chat/incoming-webhooks.ts";
import { candidate, HOUR, MINUTE, recipe } from "../unit/builders.ts";
import { deliver, failRun, sweepAndNotify } from "./deliver.ts";
import { Installation } from "./installation.ts";

const FAILED = "web: the refresh FAILED";

/** A recipe that tells a channel of each platform. */
async function stage(is: Partial<Target> = {}) {
  const on = new Installation();
  const channels = new IncomingWebhooks();
  on.onTold = async (request) => channels.take(request);
  for (const chat of CHATS) on.targets.set(chat, targetOf(chat, is));
  const notifications = CHATS.map((to) => ({ to, events: ["failed", "recovered"] }));
  const web = recipe({ notifications });
  on.recipes.set("web", web);
  await on.call(checkFreshness, {});
  let starts = 0;
  const begin = async (): Promise<string> => {
    on.nowMs += MINUTE;
    const trigger = { kind: "command", by: "anna", id: `start ${++starts}` } as const;
    return start(on.backend, "home01home02", web, trigger);
  };
  const fail = async (): Promise<void> => failRun(on, await begin());
  const succeed = async (): Promise<void> => {
    const ended = { outcome: "succeeded" as const, promoted: true, candidate: candidate() };
    const id = await begin();
    on.putRun({ ...(await on.run(id)), ...ended, endedAtMs: on.nowMs, imageName: "web-2" }, 9);
    await on.store.mark(notificationStateKey("web"), { sweepAtMs: on.nowMs });
  };
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 4; n++) await sweepAndNotify(on);
    await deliver(on, notify, "notify");
  };
  return { on, channels, fail, succeed, settle };
}

/** First lines, without marks of a platform. */
function titles(channels: IncomingWebhooks, chat: Chat): string[] {
  return channels.shown[chat].map((text) => (text.split("\n")[0] ?? "").replaceAll(/[*\\]/g, ""));
}

describe.each(CHATS)("a channel on %s", (chat) => {
  it("is told of a failure once, and of the recovery once", async () => {
    const s = await stage();
    await s.fail();
    await s.settle();
    expect(titles(s.channels, chat)).toEqual([expect.stringContaining(FAILED)]);
    expect(s.channels.shown[chat][0]).toMatch(/Why: .*\n/);
    s.on.nowMs += 20 * MINUTE;
    await s.settle();
    await s.succeed();
    await s.settle();
    await s.succeed();
    await s.settle();
    s.on.nowMs += HOUR;
    await s.settle();
    const told = titles(s.channels, chat);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^web: recovered/);
  });

  it("is told once after an outage of its own, which keeps nobody else waiting", async () => {
    const s = await stage();
    s.channels.down.add(chat);
    await s.fail();
    await s.settle();
    for (const each of CHATS) expect(s.channels.shown[each]).toHaveLength(each === chat ? 0 : 1);
    s.on.nowMs += 3 * HOUR;
    await s.settle();
    s.channels.down.clear();
    s.on.nowMs += 3 * HOUR;
    await s.settle();
    s.on.nowMs += 3 * HOUR;
    await s.settle();
    for (const each of CHATS) expect(s.channels.shown[each]).toHaveLength(1);
  });

  it("hears nothing in quiet hours, and at their end all of it in one message", async () => {
    const quiet = { from: "08:00", to: "12:00", timezone: "UTC" }; // the scene begins within
    const s = await stage({ quiet_hours: quiet });
    await s.fail();
    await s.settle();
    await s.succeed();
    await s.settle();
    s.on.nowMs += HOUR;
    await s.settle();
    expect(s.channels.shown[chat]).toEqual([]);
    s.on.nowMs = Date.UTC(2026, 10, 23, 12, 0, 30);
    await s.settle();
    s.on.nowMs += HOUR;
    await s.settle();
    expect(s.channels.shown[chat]).toHaveLength(1);
    const gathered = s.channels.shown[chat][0]?.replaceAll(/[*\\]/g, "") ?? "";
    expect(gathered).toContain(FAILED);
    expect(gathered).toMatch(/web: recovered, the new image is current/);
  });
});
