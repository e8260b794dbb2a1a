import { describe, expect, it } from "vitest";
import { maySend, resolvableAtMs } from "../../../shared/run/intent.ts";
import { intent, NOW, timing } from "../builders.ts";

const { windowMs, callTimeoutMs, skewMs } = timing;

describe("a create that was announced", () => {
  it.each([
    [-skewMs - 1, false],
    [-skewMs, true],
    [0, true],
    [windowMs, true],
    [windowMs + 1, false],
  ])("may be sent %i ms after its intent: %s", (ms, may) => {
    expect(maySend(intent(), NOW + ms, timing)).toBe(may);
  });

  it("is settled when its writer can neither send it nor wait for its answer, by any worker's clock", () => {
    const lastSentAtMs = NOW + windowMs;
    expect(maySend(intent(), lastSentAtMs, timing)).toBe(true);
    expect(resolvableAtMs(intent(), timing)).toBe(lastSentAtMs + callTimeoutMs + skewMs);
  });

  it("is settled well before a run is ended for being late", () => {
    expect(resolvableAtMs(intent(), timing) - NOW).toBeLessThanOrEqual(timing.graceMs);
  });
});
