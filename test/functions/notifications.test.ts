import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler as checkFreshness } from "../../functions/check-freshness/handler.ts";
import { handler as notify } from "../../functions/notify/handler.ts";
import { notificationStateSchema } from "../../shared/notification/state.ts";
import { notificationStateKey } from "../../shared/notification/state-key.ts";
import { messageSchema } from "../../shared/notification/message.ts";
import type { Mail } from "../../shared/notify/mail.ts";
import type { Target } from "../../shared/notify/target.ts";
import type { HttpResponse } from "../../shared/ports.ts";
import { read } from "../../shared/protocol/actor.ts";
import { deadLetterSchema } from "../../shared/protocol/dead-letter.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import {
  candidate,
  HOUR,
  MINUTE,
  NOW,
  inventoryImage,
  recipe,
  recipeState,
} from "../unit/builders.ts";
import { deliver, failRun, sweepAndNotify } from "./deliver.ts";
import { Installation } from "./installation.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const WEBHOOK: Target = { kind: "webhook", url: "https://ops.example.com/in", secrets: [SECRET] };
const bodySchema = z.looseObject({
  type: z.string(),
  data: z.looseObject({
    notifications: z.array(
      z.looseObject({ event: z.string(), title: z.string(), lines: z.array(z.string()) }),
    ),
  }),
});

function answered(status: number, text = ""): HttpResponse {
  return { kind: "response", status, headers: {}, text };
}

/** A recipe that tells `ops`, and runs whose source is not there. */
async function stage(
  target: Target = WEBHOOK,
  rules: Recipe["notifications"] = [{ to: "ops", events: [] }],
) {
  const on = new Installation();
  on.targets.set("ops", target);
  on.onTold = async () => answered(200, "ok");
  const of = recipe({ notifications: rules });
  on.recipes.set("web", of);
  await on.call(checkFreshness, {});
  let starts = 0;
  const begin = () => {
    starts += 1;
    return start(on.backend, "home01home02", of, { kind: "command", by: "anna", id: `t${starts}` });
  };
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 4; n++) await sweepAndNotify(on);
    await deliver(on, notify, "notify");
  };
  const titles = (): string[] =>
    on.told.flatMap(({ body }) =>
      bodySchema.parse(JSON.parse(body ?? "")).data.notifications.map(({ title }) => title),
    );
  const events = (): string[] =>
    on.told.flatMap(({ body }) =>
      bodySchema.parse(JSON.parse(body ?? "")).data.notifications.map(({ event }) => event),
    );
  const messages = () =>
    [...on.store.table.items.values()]
      .filter(({ key }) => key.sk.startsWith("message#"))
      .map((item) => read(item, messageSchema).doc);
  const state = async () =>
    read(await on.item(notificationStateKey("web")), notificationStateSchema).doc;
  const succeed = async (id: string): Promise<void> => {
    const ended: Partial<Run> = {
      outcome: "succeeded",
      promoted: true,
      endedAtMs: on.nowMs,
      candidate: candidate({ id: `image-of-${id}` }),
      imageName: "web-2",
    };
    on.putRun({ ...(await on.run(id)), ...ended }, 9);
    await on.store.mark(notificationStateKey("web"), { sweepAtMs: on.nowMs });
  };
  return {
    on,
    begin,
    settle,
    titles,
    events,
    messages,
    state,
    succeed,
    fail: (id: string) => failRun(on, id),
  };
}

describe("a recipe's notifications", () => {
  it("tell a failure and the recovery after it, once, signed and with the id that each repetition has", async () => {
    const s = await stage();
    const first = await s.begin();
    await s.settle();
    expect(s.on.told).toEqual([]);
    await s.fail(first);
    await s.settle();
    expect(s.titles()).toEqual(["web: the refresh FAILED (source-not-found)"]);
    const [request] = s.on.told;
    const now = Date.now;
    Date.now = () => s.on.nowMs; // the library has no clock of its own
    const verified = bodySchema.parse(
      new Webhook(SECRET).verify(request?.body ?? "", request?.headers ?? {}),
    );
    Date.now = now;
    expect(verified).toMatchObject({
      type: "notification.failed",
      data: { notifications: [{ event: "failed", recipe: "web", run: first }] },
    });
    expect(verified.data.notifications[0]?.lines.join("\n")).toContain("openstack server list");

    s.on.nowMs += MINUTE;
    const second = await s.begin();
    await s.succeed(second);
    s.on.nowMs += MINUTE;
    const third = await s.begin();
    await s.succeed(third);
    await s.settle();
    s.on.nowMs += 20 * MINUTE;
    await s.settle();
    expect(s.events()).toEqual(["failed", "recovered", "promoted"]);
  });

  it("are told by nobody who does not want them, and of a recovery to whoever wants promotions", async () => {
    const s = await stage(WEBHOOK, [{ to: "ops", events: ["promoted"] }]);
    const first = await s.begin();
    await s.fail(first);
    s.on.nowMs += MINUTE;
    await s.succeed(await s.begin());
    await s.settle();
    expect(s.events()).toEqual(["recovered"]);
    const of = await stage({ ...WEBHOOK, events: ["overdue"] });
    await of.fail(await of.begin());
    await of.settle();
    expect(of.on.told).toEqual([]);
    const nobody = await stage(WEBHOOK, []);
    await nobody.fail(await nobody.begin());
    await nobody.settle();
    expect(await nobody.on.store.get(notificationStateKey("web"))).toBeNull();
  });

  it("wait through an outage of the target, and keep it from nothing else", async () => {
    const s = await stage();
    s.on.targets.set("mail", { kind: "email", from: "r@example.com", to: ["ops@example.com"] });
    const mails: Mail[] = [];
    s.on.mailer = {
      send: async (mail) => {
        mails.push(mail);
        return { taken: mail.recipients, refusal: null };
      },
    };
    const both = recipe({
      notifications: [
        { to: "ops", events: [] },
        { to: "mail", events: [] },
      ],
    });
    s.on.recipes.set("web", both);
    await s.on.call(checkFreshness, {});
    s.on.onTold = async () => answered(503);
    const id = await start(s.on.backend, "home01home02", both, {
      kind: "command",
      by: "anna",
      id: "x",
    });
    await s.fail(id);
    for (let n = 0; n < 6; n++) {
      await s.settle();
      s.on.nowMs += HOUR;
    }
    expect(mails).toHaveLength(1);
    expect(new Set(s.on.told.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(s.on.told.map(({ body }) => body)).size).toBe(1);
    expect(s.on.told.length).toBeGreaterThan(3);
    s.on.onTold = async () => answered(204);
    s.on.nowMs += 2 * HOUR;
    await s.settle();
    expect(
      s.messages().every(({ doneAtMs, failure }) => doneAtMs !== null && failure === null),
    ).toBe(true);
  });

  it("are given up after a day, as a dead letter that names the target", async () => {
    const s = await stage();
    s.on.onTold = async () => answered(503);
    await s.fail(await s.begin());
    for (let hour = 0; hour < 30; hour++) {
      await s.settle();
      s.on.nowMs += HOUR;
    }
    expect(s.messages()).toMatchObject([{ failure: "it answered 503" }]);
    const letters = [...s.on.store.table.items.values()].filter(({ key }) =>
      key.sk.startsWith("letter#"),
    );
    expect(letters.map((item) => read(item, deadLetterSchema).doc)).toMatchObject([
      { kind: "notification", id: expect.stringMatching(/^notification-ops-/), done: "given_up" },
    ]);
    expect(s.on.logged.join("\n")).not.toContain("whsec_");
  });

  it("gather in quiet hours into one message at their end, but for what is urgent", async () => {
    const quiet = { from: "08:00", to: "12:00", timezone: "UTC" }; // NOW is within
    const s = await stage({ ...WEBHOOK, quiet_hours: quiet });
    const first = await s.begin();
    await s.fail(first);
    await s.settle();
    s.on.nowMs += MINUTE;
    await s.fail(await s.begin());
    await s.settle();
    expect(s.on.told).toEqual([]);
    const fault = { status: "deactivated", why: null, sinceMs: s.on.nowMs, isConfirmed: true };
    const currentCheck = { imageId: "i1", dueAtMs: 0, goodAtMs: null, fault };
    const images = [inventoryImage({ id: "i1", state: "current" })];
    s.on.putRecipeState(recipeState({ current: "i1", images, currentCheck }));
    s.on.nowMs += 20 * MINUTE;
    await s.settle();
    expect(s.events()).toEqual(["unusable"]);
    const before = s.on.told.length;
    s.on.nowMs = Date.UTC(2026, 10, 23, 12, 0, 30);
    await s.settle();
    expect(s.on.told).toHaveLength(before + 1);
    const last = bodySchema.parse(JSON.parse(s.on.told.at(-1)?.body ?? ""));
    expect(last.type).toBe("notification.gathered");
    expect(last.data.notifications.map(({ event }) => event)).toEqual(["failed", "failed"]);
    s.on.nowMs += HOUR;
    await s.settle();
    expect(s.on.told).toHaveLength(before + 1);
  });

  it("tell of a run that waits for approval, and of one that nobody works on", async () => {
    const s = await stage();
    const id = await s.begin();
    const approval = {
      askedAtMs: NOW,
      untilMs: NOW + HOUR,
      leftMs: HOUR,
      against: null,
      differences: [],
      decision: null,
    };
    const waiting = {
      ...(await s.on.run(id)),
      approval,
      candidate: candidate(),
      reconcileAtMs: NOW + HOUR,
    };
    s.on.putRun(waiting, 5);
    await s.on.store.mark(notificationStateKey("web"), { sweepAtMs: NOW });
    await s.settle();
    expect(s.titles()).toEqual(["web: an image waits for approval"]);
    s.on.nowMs += 80 * MINUTE; // its check is 20 minutes late
    await s.settle();
    for (let n = 0; n < 3; n++) {
      s.on.nowMs += 16 * MINUTE;
      await s.settle();
    }
    expect(s.events()).toEqual(["approval", "standing_still"]);
  });

  it("begin with the next check after the recipe has changed, and end so", async () => {
    const s = await stage();
    await s.on.call(checkFreshness, {});
    expect((await s.state()).rules).toEqual([{ to: "ops", events: [] }]);
    s.on.recipes.set("web", recipe({ notifications: [{ to: "ops", events: ["failed"] }] }));
    await s.on.call(checkFreshness, {});
    expect((await s.state()).rules).toEqual([{ to: "ops", events: ["failed"] }]);
    s.on.recipes.set("web", recipe());
    await s.on.call(checkFreshness, {});
    expect((await s.state()).rules).toEqual([]);
    expect((await s.on.item(notificationStateKey("web"))).sweepAtMs).toBeNull();
  });

  it.each<[string, (on: Installation) => void]>([
    ["names nobody", (on) => on.recipes.set("web", recipe())],
    ["is not in the file", (on) => on.recipes.delete("web")],
  ])("begin anew after a time in which the recipe %s", async (_what, end) => {
    const s = await stage();
    const of = s.on.recipes.get("web") ?? recipe();
    end(s.on);
    await s.on.call(checkFreshness, {});
    for (let day = 0; day < 3; day++) {
      s.on.nowMs += 6 * HOUR;
      await s.fail(await s.begin());
      await s.settle();
    }
    s.on.nowMs += HOUR;
    s.on.recipes.set("web", of);
    await s.on.call(checkFreshness, {});
    await s.settle();
    s.on.nowMs += 20 * MINUTE;
    await s.settle();
    expect(s.on.told).toEqual([]);
    await s.fail(await s.begin());
    await s.settle();
    expect(s.events()).toEqual(["failed"]);
  });

  it("end with the recipe that was removed, and those of other recipes go on", async () => {
    const s = await stage();
    const pause = {
      scope: "schedule" as const,
      by: "5 failures in a row",
      reason: null,
      atMs: NOW,
      untilMs: null,
      resumedBy: null,
    };
    s.on.recipes.set("db", recipe({ name: "db", notifications: [{ to: "ops", events: [] }] }));
    for (const recipeName of ["web", "db"])
      s.on.putRecipeState({ ...recipeState({ pause }), recipeName });
    await s.on.call(checkFreshness, {});
    s.on.nowMs += HOUR;
    await s.settle();
    expect(
      s
        .titles()
        .map((title) => title.split(":")[0])
        .toSorted(),
    ).toEqual(["db", "web"]);
    s.on.recipes.delete("web");
    for (let n = 0; n < 2; n++) await s.on.call(checkFreshness, {});
    expect((await s.state()).rules).toEqual([]);
    expect(s.on.logged.filter((line) => line.includes("removed"))).toEqual([
      'nobody is told of a recipe that was removed {"recipe":"web"}',
    ]);
    s.on.told.splice(0);
    for (let hour = 0; hour < 26; hour++) {
      s.on.nowMs += HOUR;
      await s.settle();
    }
    expect(s.titles().map((title) => title.split(":")[0])).toEqual(["db"]);
  });
});

/** Stops a worker right before or after each of its writes and requests, one after the other. */
describe("a worker that dies between any two lines", () => {
  it.each(["before", "after"] as const)(
    "loses no notification and makes no second one (%s)",
    async (when) => {
      for (let nth = 1; nth < 40; nth++) {
        const s = await stage();
        const id = await s.begin();
        await s.fail(id);
        let calls = 0;
        const dies = (): boolean => {
          calls += 1;
          return calls === nth;
        };
        const store = s.on.store;
        const [commit, mark] = [store.commit.bind(store), store.mark.bind(store)];
        store.commit = async (...args) => {
          const isDead = dies();
          if (isDead && when === "before") throw new Error("the worker died");
          const verdict = await commit(...args);
          if (isDead) throw new Error("the worker died");
          return verdict;
        };
        store.mark = async (...args) => {
          if (dies()) throw new Error("the worker died");
          await mark(...args);
        };
        s.on.onTold = async () => {
          if (dies()) throw new Error("the worker died");
          return answered(204);
        };
        const work = async (): Promise<void> => {
          for (let n = 0; n < 6; n++) {
            for (const { request } of s.on.sent.splice(0)) {
              // Twice, as a queue may.
              for (let twice = 0; twice < 2; twice++) {
                const Records = [{ messageId: "m", body: JSON.stringify(request) }];
                // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
                await s.on.call(notify, { Records } as unknown as Parameters<typeof notify>[0]);
              }
            }
            await sweepAndNotify(s.on).catch(() => {});
            s.on.nowMs += 4 * MINUTE;
          }
        };
        await work();
        const ids = new Set(s.on.told.map(({ headers }) => headers["webhook-id"]));
        expect([nth, ids.size]).toEqual([nth, 1]);
        expect(s.messages().filter(({ doneAtMs }) => doneAtMs !== null)).toHaveLength(1);
        if (calls < nth) return;
      }
    },
  );
});
