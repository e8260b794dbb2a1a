import { describe, expect, it } from "vitest";
import type { Image } from "../../../shared/cloud-ports.ts";
import type { Run } from "../../../shared/run/record.ts";
import { judge } from "../../../shared/image/verdict.ts";
import { decide } from "../../../shared/steps/validate-sync.ts";
import { candidate, image, intent, MINUTE, NOW, recipe, run, SECOND, source } from "../builders.ts";

const synced = run({ candidate: candidate(), step: "validate-sync" });
const broken = image({ properties: { sync_status_reason: "az2: no space" } });

const NO_DISKS = { diskImages: new Map(), parts: { ops: [], kept: [], pending: [] } };
const NOTHING = { ops: [], kept: [] };

/** As the image service it was made in shows it, and as other zones do. */
function observe(
  of: Run,
  seen: Image | null,
  others: Record<string, Image | null> = {},
  nowMs = NOW,
) {
  const { inherited } = source({ ...of.source });
  const zones = Object.entries({ az1: seen, ...others });
  const verdicts = zones.map(([zone, there]) => ({ zone, ...judge(there, seen, inherited) }));
  return decide(
    of,
    { ...NO_DISKS, image: seen, verdicts, state: "candidate", removal: NOTHING },
    nowMs,
  );
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
    "that bears %s is marked for deletion, and is still the run's until it is gone",
    (key) => {
      const decision = observe(synced, image({ properties: { [key]: "az2: no space" } }));
      expect(decision).toEqual({
        kind: "act",
        act: { kind: "mark-for-deletion" },
        text: "az2: no space",
      });
    },
  );

  it("that is being deleted is deleted and looked for, and nothing is made meanwhile", () => {
    const removing = (removal: Partial<typeof NOTHING>) =>
      decide(
        synced,
        {
          ...NO_DISKS,
          image: null,
          verdicts: [],
          state: "deleting",
          removal: { ...NOTHING, ...removal },
        },
        NOW,
      );
    const ops = [{ kind: "delete" as const, id: "image-new" }];
    expect(
      decide(
        synced,
        { ...NO_DISKS, image: null, verdicts: [], state: "deleting", removal: { ...NOTHING, ops } },
        NOW,
      ),
    ).toMatchObject({ kind: "act", act: { kind: "remove", ops }, thenWaitSeconds: 3 });
    expect(removing({})).toMatchObject({ kind: "wait", text: "being deleted" });
  });

  it("that is 404 is looked at again before the first 404 is too old to count", () => {
    const slow = { ...synced, stepSinceMs: NOW - 20 * MINUTE };
    const ops = [{ kind: "note-missing" as const, id: "image-new" }];
    const removal = { ...NOTHING, ops };
    expect(
      decide(slow, { ...NO_DISKS, image: null, verdicts: [], state: "deleting", removal }, NOW),
    ).toMatchObject({ kind: "act", act: { kind: "remove", ops }, thenWaitSeconds: 30 });
  });

  it("that is gone is made again from the beginning, without the attempts of this one", () => {
    const answer = { isReady: true, text: null, atMs: NOW };
    const hook = { askedAtMs: NOW, untilMs: NOW, answer };
    const tried = { ...synced, hook, unansweredAttempts: [intent()] };
    const gone = {
      ...NO_DISKS,
      image: null,
      verdicts: [],
      state: "gone" as const,
      removal: NOTHING,
    };
    expect(decide(tried, gone, NOW)).toMatchObject({
      kind: "act",
      set: {
        attempt: 2,
        step: "prepare-source",
        candidate: null,
        snapshot: null,
        volume: null,
        hook: null, // it is asked again
        unansweredAttempts: [],
      },
    });
  });

  it.each<[string, Image | null, string]>([
    ["not there", null, "az2: not there"],
    ["being imported", image({ status: "importing" }), "az2: importing"],
    ["not in all stores", image({ storesImporting: "ceph,s3" }), "az2: importing: ceph,s3"],
  ])("is waited for while zone 2 has it %s", (_what, there, text) => {
    expect(observe(synced, image(), { az2: there })).toMatchObject({
      kind: "wait",
      text: expect.stringContaining(text),
    });
  });

  it.each<[string, Partial<Image>, string]>([
    ["deactivated", { status: "deactivated" }, "az2: it is deactivated"],
    ["of another size", { sizeBytes: 5 }, "az2: 5 bytes, not 2490368"],
    ["of another content", { hash: "sha512 bb" }, "az2: sha512 bb, not sha512 aa"],
    ["not taken by a store", { storesFailed: "s3" }, "az2: failed: s3"],
    ["with a reason", { properties: { sync_reason_status: "full" } }, "az2: full"],
  ])("is made again where zone 2 has it %s", (_what, there, text) => {
    const made = image({ hash: "sha512 aa" });
    const other = image({ hash: "sha512 aa", ...there });
    expect(observe(synced, made, { az2: other })).toMatchObject({
      kind: "act",
      act: { kind: "mark-for-deletion" },
      text: expect.stringContaining(text),
    });
  });

  it("is usable where both zones have the same, or one of them tells no size and no hash", () => {
    const made = image({ hash: "sha512 aa" });
    for (const other of [made, image({ hash: null, sizeBytes: null })])
      expect(observe(synced, made, { az2: other })).toMatchObject({ kind: "advance" });
  });

  it("is watched until it has settled, in checks that come no closer than half a minute", () => {
    const settling = run({
      candidate: candidate({ activeAtMs: NOW }),
      recipe: recipe({ settleMs: 10 * MINUTE }),
      step: "validate-sync",
    });
    const at = (afterMs: number) => observe(settling, image(), {}, NOW + afterMs);
    expect(at(0)).toMatchObject({ kind: "wait", seconds: 300 });
    expect(at(9 * MINUTE + 50 * SECOND)).toMatchObject({ kind: "wait", seconds: 10 });
    expect(at(10 * MINUTE)).toMatchObject({ kind: "advance" });
    expect(observe(settling, broken, {}, NOW + MINUTE)).toMatchObject({ kind: "act" });
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
