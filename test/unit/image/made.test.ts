import { describe, expect, it } from "vitest";
import { afterLateLook, doomMade } from "../../../shared/image/made.ts";
import type { LateTry } from "../../../shared/image/head.ts";
import { lateTries } from "../../../shared/run/ledger-entries.ts";
import { head, intent, ledgerImage, MINUTE, NOW, part, run } from "../builders.ts";

function lateTry(): LateTry {
  const [late] = lateTries(run({ lostTries: [intent()] }), NOW);
  if (late === undefined) throw new Error("a lost create-image is a late try");
  return late;
}

describe("a thing that an unanswered create has made after all", () => {
  const image = { kind: "image" as const, id: "double" };

  it("is doomed, under its run and try", () => {
    expect(doomMade(head(), image, lateTry(), NOW)?.images).toMatchObject([
      { id: "double", state: "doomed", run: run().id, tryId: "try001", doomedAtMs: NOW },
    ]);
  });

  it.each(["candidate", "current", "retired", "doomed", "gone"] as const)(
    "is left as it is when the ledger knows it already: %s",
    (state) => {
      const known = head({ images: [ledgerImage({ id: "double", state })] });
      expect(doomMade(known, image, lateTry(), NOW)).toBeNull();
    },
  );

  it("is a doomed part when it is a snapshot or volume, unless the ledger keeps it", () => {
    const made = { kind: "volume" as const, id: "double" };
    expect(doomMade(head(), made, lateTry(), NOW)?.parts).toMatchObject([
      { kind: "volume", id: "double", state: "doomed", imageId: null },
    ]);
    const kept = head({ parts: [part({ id: "double", kind: "volume", state: "kept" })] });
    expect(doomMade(kept, made, lateTry(), NOW)).toBeNull();
  });
});

describe("looking for an unanswered create", () => {
  const late = lateTry();
  const watching = head({ lateTries: [late, { ...late, tryId: "other" }] });
  const ids = (h: typeof watching) => h.lateTries.map((t) => t.tryId);

  it("is over once it was found, or its time has passed, for this try alone", () => {
    expect(ids(afterLateLook(watching, late, true, NOW))).toEqual(["other"]);
    expect(ids(afterLateLook(watching, late, false, late.untilMs))).toEqual(["other"]);
    expect(ids(afterLateLook(watching, late, false, late.untilMs - 1))).toContain("try001");
  });

  it("goes on in gaps that grow with its age, and takes few looks", () => {
    let h = head({ lateTries: [late] });
    const gapsMs: number[] = [];
    for (let now = late.nextLookAtMs; h.lateTries.length > 0;) {
      h = afterLateLook(h, late, false, now);
      const next = h.lateTries[0]?.nextLookAtMs ?? now;
      gapsMs.push(next - now);
      now = next;
    }
    expect(gapsMs[0]).toBe(MINUTE);
    expect(gapsMs.slice(0, -1)).toEqual(gapsMs.slice(0, -1).toSorted((a, b) => a - b));
    expect(gapsMs.length).toBeLessThan(20);
  });
});
