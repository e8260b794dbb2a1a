import { describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE, type Scenario, scenario, SECOND } from "./scenario.ts";

const RUN_READ = /^store get R#web run#/;
/** The first call of somebody who has received a message for the run. */
const BY_MESSAGE = /^R#web run#\S+ v\d+ #1 1$/;

describe("23: a message that is ahead of the record, by a read that does not see the last write", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "comes again, and costs the run no more than seconds (message %i)",
    async (nth) => {
      const smooth = await scenario();
      smooth.start();
      await smooth.finish();
      const seen = { messages: 0 };
      const s = await scenario({
        always: (call, _s, place) =>
          RUN_READ.test(call) && BY_MESSAGE.test(place) && ++seen.messages === nth
            ? { kind: "stale-read" }
            : undefined,
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expect(s.simulation.thrown.map(({ error }) => String(error))).toEqual([
        expect.stringMatching(/has no version \d+ yet/),
      ]);
      // The sweep would find a message that was dropped after a minute.
      const lateMs = (s.run()?.endedAtMs ?? 0) - (smooth.run()?.endedAtMs ?? 0);
      expect(lateMs).toBeLessThan(40 * SECOND);
    },
  );
});

/** @returns seconds: the longest delay that a message was sent with, and the oldest message there was. */
function watchMessages(s: Scenario): { longestDelay: number; oldest: number } {
  const seen = { longestDelay: 0, oldest: 0 };
  const sentAtMs = new Map<number, number>();
  s.always(() => {
    const { nowMs, queues } = s.simulation;
    for (const { id, visibleAtMs, receives } of queues.messages.values()) {
      const bornAtMs = sentAtMs.get(id) ?? nowMs;
      sentAtMs.set(id, bornAtMs);
      seen.oldest = Math.max(seen.oldest, (nowMs - bornAtMs) / SECOND);
      if (receives === 0 && bornAtMs === nowMs)
        seen.longestDelay = Math.max(seen.longestDelay, (visibleAtMs - nowMs) / SECOND);
    }
  });
  return seen;
}

describe("24: a run that waits for weeks", { timeout: 60_000 }, () => {
  it("leaves no message in a queue for longer than it may be delayed, and none as long as one is kept", async () => {
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 15d, deadline: 30d",
      prepare: ({ settings }) => {
        settings.uploadSeconds = () => (16 * DAY) / SECOND;
      },
    });
    const messages = watchMessages(s);
    s.start();
    // With a history of one upload, the second run's first check is two weeks away.
    s.start("t2", 20 * DAY);
    expect(await s.finish(80 * DAY)).toEqual(["succeeded", "succeeded"]);
    expect(s.runs().map((run) => (run.endedAtMs ?? 0) - run.startedAtMs)).toEqual([
      expect.closeTo(16 * DAY, -8),
      expect.closeTo(16 * DAY, -8),
    ]);
    expect(messages.longestDelay).toBeLessThanOrEqual(900);
    expect(messages.oldest).toBeLessThan(HOUR / SECOND);
  });

  it("wakes for a cancel at once", async () => {
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 0s, deadline: 30d",
      prepare: ({ settings }) => {
        settings.uploadSeconds = () => (16 * DAY) / SECOND;
      },
    });
    s.start();
    const cancelled: { atMs?: number } = {};
    s.at(10 * DAY, () => {
      cancelled.atMs = s.simulation.nowMs;
      s.simulation.cancel(s.run()?.id ?? "");
    });
    expect(await s.finish(80 * DAY)).toEqual(["cancelled"]);
    expect((s.run()?.endedAtMs ?? 0) - (cancelled.atMs ?? 0)).toBeLessThan(5 * MINUTE);
    expect(s.images()).toEqual([]);
  });
});
