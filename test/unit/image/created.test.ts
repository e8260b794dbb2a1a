import { describe, expect, it } from "vitest";
import {
  afterLateCheck,
  findCopy,
  findCreated,
  markCreatedForDeletion,
} from "../../../shared/image/created.ts";
import { fenceName } from "../../../shared/image/fence.ts";
import type { Ctx } from "../../../shared/context.ts";
import type { LateAttempt } from "../../../shared/image/recipe-state.ts";
import { lateAttempts } from "../../../shared/run/created-by-run.ts";
import {
  HOUR,
  recipeState,
  intent,
  inventoryImage,
  MINUTE,
  NOW,
  resource,
  run,
  image,
} from "../builders.ts";

function lateAttempt(): LateAttempt {
  const [late] = lateAttempts(run({ unansweredAttempts: [intent()] }), NOW);
  if (late === undefined) throw new Error("a lost create-image is a late attempt");
  return late;
}

describe("a thing that an unanswered create has made after all", () => {
  const image = { kind: "image" as const, id: "double" };

  it("is marked for deletion, under its run and try", () => {
    expect(markCreatedForDeletion(recipeState(), image, lateAttempt(), NOW)?.images).toMatchObject([
      { id: "double", state: "deleting", run: run().id, attemptId: "try001", deletingSinceMs: NOW },
    ]);
  });

  it.each(["candidate", "current", "retired", "deleting", "gone"] as const)(
    "is left as it is when the inventory knows it already: %s",
    (state) => {
      const known = recipeState({ images: [inventoryImage({ id: "double", state })] });
      expect(markCreatedForDeletion(known, image, lateAttempt(), NOW)).toBeNull();
    },
  );

  it("is a resource marked for deletion when it is a snapshot or volume, unless the inventory keeps it", () => {
    const made = { kind: "volume" as const, id: "double" };
    expect(
      markCreatedForDeletion(recipeState(), made, lateAttempt(), NOW)?.resources,
    ).toMatchObject([{ kind: "volume", id: "double", state: "deleting", imageId: null }]);
    const kept = recipeState({
      resources: [resource({ id: "double", kind: "volume", state: "kept" })],
    });
    expect(markCreatedForDeletion(kept, made, lateAttempt(), NOW)).toBeNull();
  });
});

const NOTHING = { isFound: false, isThere: false, isSettled: true };

describe("looking for an unanswered create", () => {
  const late = lateAttempt();
  const watching = recipeState({ lateAttempts: [late, { ...late, attemptId: "other" }] });
  const ids = (h: typeof watching) => h.lateAttempts.map((t) => t.attemptId);

  it("is over once it was found, or its time has passed, for this attempt alone", () => {
    expect(ids(afterLateCheck(watching, late, { ...NOTHING, isFound: true }, NOW))).toEqual([
      "other",
    ]);
    expect(ids(afterLateCheck(watching, late, NOTHING, late.untilMs))).toEqual(["other"]);
    expect(ids(afterLateCheck(watching, late, NOTHING, late.untilMs - 1))).toContain("try001");
  });

  it("goes on as long as its image is not gone", () => {
    const there = { ...NOTHING, isThere: true };
    const after = afterLateCheck(watching, late, there, late.untilMs);
    expect(ids(after)).toContain("try001");
    const [next] = after.lateAttempts.filter((t) => t.attemptId === "try001");
    expect(next?.nextCheckAtMs).toBe(late.untilMs + 12 * HOUR);
  });

  it("asks for its image id again until the id is used up", () => {
    const chosen = { ...late, imageId: "chosen" };
    const idAfter = (isSettled: boolean) =>
      afterLateCheck(watching, chosen, { ...NOTHING, isSettled }, NOW).lateAttempts.find(
        (t) => t.attemptId === "try001",
      )?.imageId;
    expect(idAfter(false)).toBe("chosen");
    expect(idAfter(true)).toBeNull();
  });

  it("goes on in gaps that grow with its age, and takes few checks", () => {
    let h = recipeState({ lateAttempts: [late] });
    const gapsMs: number[] = [];
    for (let now = late.nextCheckAtMs; h.lateAttempts.length > 0;) {
      h = afterLateCheck(h, late, NOTHING, now);
      const next = h.lateAttempts[0]?.nextCheckAtMs ?? now;
      gapsMs.push(next - now);
      now = next;
    }
    expect(gapsMs[0]).toBe(MINUTE);
    expect(gapsMs.slice(0, -1)).toEqual(gapsMs.slice(0, -1).toSorted((a, b) => a - b));
    expect(gapsMs.length).toBeLessThan(20);
  });
});

describe("what an attempt has made", () => {
  const named = (...ids: string[]) => ({ named: async () => ids.map((id) => image({ id })) });
  const cloud = (name: string) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the functions read
    ({
      cloud: {
        images: { ...named(), foreign: async () => image({ id: "chosen", name }) },
        everyImageService: async () => [{ images: named() }, { images: named("copy") }],
      },
    }) as unknown as Ctx;
  const attempt = { ...lateAttempt(), imageId: "chosen" };

  it("is the image with the id that it asked for, but not the empty one that uses the id up", async () => {
    expect(await findCreated(cloud("web-try001"), attempt)).toEqual({
      kind: "image",
      id: "chosen",
    });
    expect(await findCreated(cloud(fenceName("try001")), attempt)).toBeNull();
  });

  it("may be a copy in another zone, of an image that is gone where it was made", async () => {
    expect(await findCopy(cloud(""), attempt)).toEqual({ kind: "image", id: "copy" });
    expect(await findCopy(cloud(""), { ...attempt, kind: "create-volume" })).toBeNull();
  });
});
