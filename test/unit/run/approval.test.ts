import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../shared/commands/approve.ts";
import { askForApproval, decided } from "../../../shared/run/approval.ts";
import { differencesOf } from "../../../shared/run/differences.ts";
import { decide } from "../../../shared/steps/promote-image.ts";
import {
  candidate,
  HOUR,
  image,
  inventoryImage,
  MINUTE,
  NOW,
  recipe,
  recipeState,
  run,
} from "../builders.ts";

const asking = run({
  recipe: recipe({ promote: "approve", approveWithinMs: 2 * HOUR }),
  candidate: candidate(),
  step: "promote-image",
});
const seen = {
  recipeState: recipeState({
    images: [inventoryImage({ id: "image-new", run: asking.id })],
    activeRun: asking.id,
  }),
  image: image(),
  current: image({ id: "image-old", name: "web-old" }),
  late: [],
  diskImages: new Map(),
  fitness: null,
};
const marked = { ...seen, image: image({ tags: ["regild-candidate"] }) };
const waiting = { ...asking, ...askForApproval(asking, seen, NOW) };

function answered(kind: "approved" | "rejected", atMs = NOW + HOUR) {
  if (waiting.approval === null) throw new Error("it does not wait");
  return decided(waiting, waiting.approval, { kind, by: "anna", reason: "bad kernel", atMs });
}

describe("a run whose image a person has to approve", () => {
  it("marks the candidate in the cloud first, then asks, then rests without a message", () => {
    expect(decide(asking, seen, NOW)).toMatchObject({ kind: "act", act: { kind: "ask" } });
    expect(decide(asking, marked, NOW)).toMatchObject({
      kind: "note",
      set: { approval: { untilMs: NOW + 2 * HOUR, against: { id: "image-old" }, decision: null } },
    });
    expect(decide(waiting, marked, NOW + MINUTE)).toEqual({
      kind: "rest",
      untilMs: NOW + 2 * HOUR,
      text: "waits for approval",
    });
  });

  it("promotes once it is approved, and not before", () => {
    const promotes = { kind: "act", act: { kind: "promote" } };
    expect(decide(answered("approved"), marked, NOW + HOUR)).toMatchObject(promotes);
    const auto = run({ candidate: candidate(), step: "promote-image" });
    expect(decide(auto, seen, NOW)).toMatchObject(promotes);
  });

  it("fails when it is rejected, and when nobody answers in time", () => {
    expect(decide(answered("rejected"), marked, NOW + HOUR)).toMatchObject({
      kind: "fail",
      code: "rejected",
      message: "anna rejected the image: bad kernel",
    });
    expect(decide(waiting, marked, NOW + 2 * HOUR)).toMatchObject({ code: "approval-timed-out" });
  });

  it("fails when its image is not usable any more, and waits for a cloud that does not say", () => {
    const why = "its snapshot snapshot-1 is gone";
    const bad = { ...marked, fitness: { kind: "bad" as const, why } };
    expect(decide(answered("approved"), bad, NOW + HOUR)).toMatchObject({
      code: "image-vanished",
      message: `Image image-new cannot be promoted: ${why}`,
    });
    const silent = { ...marked, fitness: { kind: "unknown" as const, why: "az2: not there" } };
    expect(decide(answered("approved"), silent, NOW + HOUR)).toMatchObject({
      kind: "wait",
      text: "az2: not there",
    });
  });

  it("fails when somebody has gone back to an earlier image meanwhile, whoever has approved it", () => {
    const barred = { ...marked, recipeState: { ...seen.recipeState, barredRun: asking.id } };
    expect(decide(answered("approved"), barred, NOW + HOUR)).toMatchObject({ code: "rolled-back" });
  });

  it("has the time that was left after the answer, and a quarter of an hour at least", () => {
    expect(waiting.deadlineAtMs).toBe(NOW + 2 * HOUR + 6 * HOUR);
    expect(answered("approved").deadlineAtMs).toBe(NOW + HOUR + 6 * HOUR);
    const late = { ...asking, deadlineAtMs: NOW + MINUTE };
    expect(askForApproval(late, seen, NOW).approval?.leftMs).toBe(15 * MINUTE);
  });
});

describe("an answer is refused", () => {
  const on = { isCancelled: false, nowMs: NOW + MINUTE };
  it("by nobody while the run waits", () => expect(refusalOf(waiting, on)).toBeNull());

  it.each([
    ["before the run asks", asking, on, "does not ask yet: it is at promote-image"],
    ["of a recipe without the question", run(), on, "needs no approval"],
    ["after another answer", answered("approved"), on, "was approved by anna already"],
    ["after the end", { ...waiting, outcome: "failed" as const }, on, "has ended already: failed"],
    ["while it is cancelled", waiting, { ...on, isCancelled: true }, "is being cancelled"],
    ["once the time is over", waiting, { ...on, nowMs: NOW + 2 * HOUR }, "time to answer is over"],
  ])("%s", (_when, of, is, told) => expect(refusalOf(of, is)).toContain(told));
});

describe("the differences", () => {
  const old = image({ id: "old", sizeBytes: 10, properties: { os_version: "12.7", a: "1" } });
  const fresh = image({
    sizeBytes: 12,
    properties: { os_version: "12.8", regild_owner: "x", b: "2" },
  });

  it("have age and size, and what differs, but nothing that only Regild or Nova writes", () => {
    const found = differencesOf(fresh, old).map(({ what, ...is }) => [
      what,
      is.current,
      is.candidate,
    ]);
    expect(found).toEqual([
      ["created_at", new Date(NOW).toISOString(), new Date(NOW).toISOString()],
      ["size_bytes", "10", "12"],
      ["a", "1", null],
      ["b", null, "2"],
      ["os_version", "12.7", "12.8"],
    ]);
  });

  it("have no size of an image whose content is in snapshots", () => {
    const [, size] = differencesOf(image({ sizeBytes: 0, snapshotIds: ["s1"] }), old);
    expect(size).toEqual({ what: "size_bytes", current: "10", candidate: null });
  });

  it("of a first image are its age and size", () => {
    expect(differencesOf(fresh, null).map(({ what }) => what)).toEqual([
      "created_at",
      "size_bytes",
    ]);
  });

  it("are bounded, and hold nothing that steers a terminal", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`p${n}`, `\u001b[31m${"x".repeat(5000)}`]),
    );
    const found = differencesOf(image({ properties }), old);
    expect(found).toHaveLength(50);
    for (const { candidate: value } of found.slice(2)) {
      expect(value?.length ?? 0).toBeLessThanOrEqual(100);
      expect(value ?? "").not.toContain("\u001b");
    }
  });
});
