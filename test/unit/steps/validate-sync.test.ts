import { describe, expect, it } from "vitest";
import type { Image } from "../../../shared/cloud-ports.ts";
import type { Run } from "../../../shared/run/record.ts";
import { decide } from "../../../shared/steps/validate-sync.ts";
import { candidate, image, intent, NOW, run, SECOND, source } from "../builders.ts";

const synced = run({ candidate: candidate(), step: "validate-sync" });
const broken = image({ properties: { sync_status_reason: "az2: no space" } });

function observe(of: Run, seen: Image | null) {
  return decide(of, seen, NOW);
}

describe("a candidate", () => {
  it("without a reason of failed synchronisation is usable", () => {
    expect(observe(synced, image())).toEqual({
      kind: "advance",
      to: "promote-image",
      text: "usable",
      set: { candidate: synced.candidate },
    });
  });

  it("that was 404 once and is there again has never been gone", () => {
    const once = run({
      candidate: candidate({ missingSinceMs: NOW - 10 * SECOND }),
      step: "validate-sync",
    });
    expect(observe(once, image())).toMatchObject({ set: { candidate: { missingSinceMs: null } } });
  });

  it("that is active no longer fails the run", () => {
    const seen = image({ status: "deactivated" });
    expect(observe(synced, seen)).toMatchObject({ kind: "fail", code: "image-vanished" });
  });

  it("that is 404 once is looked for again, and fails the run only the second time", () => {
    expect(observe(synced, null)).toMatchObject({
      kind: "wait",
      seconds: 30,
      set: { candidate: { missingSinceMs: NOW } },
    });
    const missing = run({
      candidate: candidate({ missingSinceMs: NOW - 30 * SECOND }),
      step: "validate-sync",
    });
    expect(observe(missing, null)).toMatchObject({ kind: "fail", code: "image-vanished" });
  });

  it.each(["sync_status_reason", "sync_reason_status"])(
    "that bears %s is marked for deletion, and another attempt made from the beginning",
    (key) => {
      const decision = observe(synced, image({ properties: { [key]: "az2: no space" } }));
      expect(decision).toMatchObject({
        kind: "act",
        act: { kind: "mark-for-deletion" },
        text: "az2: no space",
        set: { attempt: 2, step: "prepare-source", candidate: null, snapshot: null, volume: null },
      });
    },
  );

  it("the next attempt knows nothing of the attempts of this one", () => {
    const tried = { ...synced, unansweredAttempts: [intent()] };
    expect(observe(tried, broken)).toMatchObject({ set: { unansweredAttempts: [] } });
  });

  it("with a reason that its source has handed on is usable: it says nothing of this image", () => {
    const inherited = { sync_status_reason: "az2: no space" };
    expect(observe({ ...synced, source: source({ inherited }) }, broken)).toMatchObject({
      kind: "advance",
    });
    const older = { sync_status_reason: "another" };
    expect(observe({ ...synced, source: source({ inherited: older }) }, broken)).toMatchObject({
      kind: "act",
    });
  });

  it("the third that can not be synchronised fails the run, with the cloud's reason", () => {
    expect(observe({ ...synced, attempt: 2 }, broken)).toMatchObject({ kind: "act" });
    expect(observe({ ...synced, attempt: 3 }, broken)).toMatchObject({
      kind: "fail",
      code: "sync-failed",
      message: "3 images in a row could not be synchronised: az2: no space",
    });
  });
});
