import { describe, expect, it } from "vitest";
import {
  attemptsWithSnapshots,
  candidateImage,
  lateAttempts,
  snapshotResources,
  temporaryResources,
} from "../../../shared/run/created-by-run.ts";
import {
  candidate,
  HOUR,
  intent,
  inventoryImage,
  NOW,
  recipe,
  recipeState,
  resource,
  run,
  source,
} from "../builders.ts";

const made = run({
  candidate: candidate({ sizeBytes: 5 }),
  snapshot: { id: "snapshot-1", name: "s" },
  volume: { id: "volume-1", name: "v" },
  recipe: recipe({ region: "az2" }),
});
const where = { cloud: "mycloud", region: "az2", projectId: "project-1", sourceId: "server-1" };

describe("what a run has made, as the inventory writes it down", () => {
  it("tells cloud, region, project and source of each", () => {
    expect(candidateImage(made, NOW)).toMatchObject({ id: "image-new", where, sizeBytes: 5 });
    for (const resource of temporaryResources(made, "kept", NOW))
      expect(resource.where).toEqual(where);
  });

  it("bears the name it was created under until the recipe's is filled", () => {
    expect(candidateImage(made, NOW)?.name).toBe("web-try001");
    expect(candidateImage({ ...made, imageName: "web-7" }, NOW)?.name).toBe("web-7");
  });

  it("is the volume before the snapshot it was made from", () => {
    expect(temporaryResources(made, "deleting", NOW).map((p) => p.kind)).toEqual([
      "volume",
      "snapshot",
    ]);
  });

  it("ties the snapshots of an image to it, and temporary ones to none", () => {
    expect(snapshotResources(made, "image-new", ["a"], "kept", NOW)).toMatchObject([
      { id: "a", imageId: "image-new" },
    ]);
    expect(temporaryResources(made, "kept", NOW).map((p) => p.imageId)).toEqual([null, null]);
  });

  it("is nothing before its source is known", () => {
    const early = { ...made, source: null, unansweredAttempts: [intent()] };
    expect(candidateImage(early, NOW)).toBeNull();
    expect(temporaryResources(early, "kept", NOW)).toEqual([]);
    expect(snapshotResources(early, "image-new", ["a"], "kept", NOW)).toEqual([]);
    expect(lateAttempts(early, NOW)).toEqual([]);
  });
});

describe("creates that may still show up", () => {
  it("are the unanswered attempts and an intent that is still open", () => {
    const open = intent({ id: "try002" });
    const ids = lateAttempts({ ...made, unansweredAttempts: [intent()], intent: open }, NOW);
    expect(ids.map((t) => t.attemptId)).toEqual(["try001", "try002"]);
  });

  it.each([
    ["the run's end", -HOUR, 25 * HOUR],
    ["the deadline by which a run ends that goes on without them", 2 * HOUR, 27 * HOUR],
  ])(
    "are looked for a day from %s, and an hour more for clocks that differ",
    (_from, dueMs, ms) => {
      const goesOn = { ...made, unansweredAttempts: [intent()], deadlineAtMs: NOW + dueMs };
      expect(lateAttempts(goesOn, NOW)).toMatchObject([{ untilMs: NOW + ms }]);
    },
  );

  it("are no stops: what a stop did, the server shows", () => {
    expect(lateAttempts({ ...made, intent: intent({ kind: "stop-server" }) }, NOW)).toEqual([]);
  });
});

describe("snapshots that no image may name", () => {
  const web = run({
    source: source({ volumeBacked: true }),
    candidate: candidate(),
    creationNames: ["web-try000", "web-try001"],
  });
  const image = inventoryImage({ id: "image-new", state: "deleting", promotedAtMs: null });
  const left = recipeState({ images: [image] });
  const names = (of: typeof web, h: typeof left, isUndone: boolean) =>
    attemptsWithSnapshots(of, h, { isUndone, nowMs: NOW }).map((t) => `${t.name} ${t.attemptId}`);

  it("are looked for under the name of an image that the run leaves behind", () => {
    expect(names(web, left, true)).toEqual(["web-try001 try001"]);
  });

  it("are looked for under each name that the run could not look for", () => {
    expect(names(web, left, false)).toEqual(["web-try000 try000", "web-try001 try001"]);
  });

  it("are known already, or there can be none", () => {
    const kept = resource({ id: "snapshot-1", imageId: "image-new" });
    expect(names(web, { ...left, resources: [kept] }, true)).toEqual([]);
    expect(names(web, recipeState({ images: [{ ...image, state: "gone" }] }), true)).toEqual([]);
    expect(names({ ...web, candidate: null }, recipeState(), true)).toEqual([]);
    expect(names({ ...web, source: source() }, left, false)).toEqual([]);
  });
});
