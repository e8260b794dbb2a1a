import { setImmediate as soon } from "node:timers/promises";
import { expect, it } from "vitest";
import { interruption } from "../../local/cli/signals.ts";

/** What log-update's signal-exit asks when a signal comes: alone, it ends the process. */
function listenersSeenByAnother(): () => number {
  let seen = 0;
  process.once("SIGINT", () => {
    seen = process.listenerCount("SIGINT");
  });
  return () => seen;
}

it("tells of Ctrl-C, and is still listening while others hear of it", async () => {
  const before = process.listenerCount("SIGINT");
  using interrupted = interruption();
  const seen = listenersSeenByAnother();
  process.emit("SIGINT");
  expect(interrupted.signal.aborted).toBe(true);
  expect(seen()).toBe(before + 1);
});

it("leaves a second one to end the process", async () => {
  const before = process.listenerCount("SIGINT");
  using interrupted = interruption();
  process.emit("SIGINT");
  await soon();
  expect(process.listenerCount("SIGINT")).toBe(before);
  expect(interrupted.signal.aborted).toBe(true);
});

it("listens no longer once disposed of", () => {
  const before = process.listenerCount("SIGTERM");
  {
    using interrupted = interruption();
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    expect(interrupted.signal.aborted).toBe(false);
  }
  expect(process.listenerCount("SIGTERM")).toBe(before);
});
