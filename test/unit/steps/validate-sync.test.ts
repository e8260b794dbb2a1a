import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/validate-sync.ts";
import { candidate, image, intent, run, source } from "../builders.ts";

const synced = run({ candidate: candidate(), step: "validate-sync" });
const broken = image({ properties: { sync_status_reason: "az2: no space" } });

describe("a candidate", () => {
  it("without a reason of failed synchronisation is usable", () => {
    expect(decide(synced, image())).toEqual({
      kind: "advance",
      to: "promote-image",
      text: "usable",
    });
  });

  it.each([null, image({ status: "deactivated" })])(
    "that is active no longer fails the run",
    (seen) => {
      expect(decide(synced, seen)).toMatchObject({ kind: "fail", code: "image-vanished" });
    },
  );

  it.each(["sync_status_reason", "sync_reason_status"])(
    "that bears %s is doomed, and another attempt made from the beginning",
    (key) => {
      const decision = decide(synced, image({ properties: { [key]: "az2: no space" } }));
      expect(decision).toMatchObject({
        kind: "act",
        act: { kind: "doom" },
        text: "az2: no space",
        set: { attempt: 2, step: "prepare-source", candidate: null, snapshot: null, volume: null },
      });
    },
  );

  it("the next attempt knows nothing of the tries of this one", () => {
    const tried = { ...synced, lostTries: [intent()] };
    expect(decide(tried, broken)).toMatchObject({ set: { lostTries: [] } });
  });

  it("with a reason that its source has handed on is usable: it says nothing of this image", () => {
    const inherited = { sync_status_reason: "az2: no space" };
    expect(decide({ ...synced, source: source({ inherited }) }, broken)).toMatchObject({
      kind: "advance",
    });
    const older = { sync_status_reason: "another" };
    expect(decide({ ...synced, source: source({ inherited: older }) }, broken)).toMatchObject({
      kind: "act",
    });
  });

  it("the third that can not be synchronised fails the run, with the cloud's reason", () => {
    expect(decide({ ...synced, attempt: 2 }, broken)).toMatchObject({ kind: "act" });
    expect(decide({ ...synced, attempt: 3 }, broken)).toMatchObject({
      kind: "fail",
      code: "sync-failed",
      message: "3 images in a row could not be synchronised: az2: no space",
    });
  });
});
