import { describe, expect, it } from "vitest";
import { decide } from "../../../shared/steps/promote-image.ts";
import type { LedgerImage } from "../../../shared/image/head.ts";
import { candidate, head, image, ledgerImage, MINUTE, NOW, run } from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const promoting = run({ candidate: candidate(), step: "promote-image" });
const promoted = { ...promoting, promoted: true };
const look = (looked: Seen, of = promoting) => decide(of, looked, NOW);

function seen(state: LedgerImage["state"] | null, is: Partial<Seen> = {}): Seen {
  const entry = { id: "image-new", promotedAtMs: NOW, replaces: "image-old" };
  const images = state === null ? [] : [ledgerImage({ ...entry, state })];
  return { head: head({ images, current: "image-new" }), image: image(), late: [], ...is };
}

describe("before the pivot", () => {
  it("an active candidate is promoted", () => {
    expect(look(seen("candidate"))).toMatchObject({
      kind: "act",
      act: { kind: "promote" },
    });
  });

  it.each([
    [
      "active no longer",
      seen("candidate", { image: image({ status: "deactivated" }) }),
      "it is deactivated",
    ],
    ["doomed by others", seen("doomed"), "it is doomed"],
    ["unknown to the ledger", seen(null), "it is unknown to the ledger"],
  ])("one that is %s is not", (_is, looked, told) => {
    expect(look(looked)).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: expect.stringContaining(told),
    });
  });

  it("one that is 404 is looked for again, and given up the second time", () => {
    expect(look(seen("candidate", { image: null }))).toMatchObject({ kind: "wait", seconds: 30 });
    const missing = { ...promoting, candidate: candidate({ missingSinceMs: NOW - MINUTE }) };
    expect(look(seen("candidate", { image: null }), missing)).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: expect.stringContaining("it is gone"),
    });
  });

  it("a double that an unanswered create has made is doomed first", () => {
    const late = [{ kind: "image" as const, id: "double" }];
    expect(look(seen("candidate", { late }))).toMatchObject({
      kind: "act",
      act: { kind: "doom-late" },
    });
  });
});

describe("after the pivot", () => {
  it("the run learns from the ledger that it is promoted, and that no failure counts any more", () => {
    expect(look(seen("current"))).toMatchObject({
      kind: "note",
      set: { promoted: true, failure: null, replacedImageId: "image-old" },
    });
  });

  it("the clouds are shown the pointer, for two minutes: then the recipe's own looks show it", () => {
    const looked = seen("current");
    const unshown = { ...looked, head: { ...looked.head, shown: "image-old" } };
    expect(look(unshown, promoted)).toMatchObject({ kind: "act", act: { kind: "project" } });
    const patientNoMore = { ...promoted, stepSinceMs: NOW - 2 * MINUTE };
    expect(look(unshown, patientNoMore)).toMatchObject({ kind: "advance", to: "retire-images" });
  });

  it("the run goes on while the second showing, against a worker that was paused, is still to come", () => {
    const looked = seen("current");
    const again = { ...looked, head: { ...looked.head, projectAtMs: NOW + MINUTE } };
    expect(look(again, { ...promoted, replacedImageId: "image-old" })).toEqual({
      kind: "advance",
      to: "retire-images",
      text: "current, replaces image-old",
    });
    expect(look(again, promoted)).toMatchObject({ text: "current, the first of its recipe" });
  });

  it.each(["retired", "doomed", "gone"] as const)(
    "the run goes on, also when its image is %s by now: nothing undoes it",
    (state) => {
      expect(look(seen(state, { image: null }), promoted)).toMatchObject({
        kind: "advance",
        to: "retire-images",
      });
    },
  );
});
