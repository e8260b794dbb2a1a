import { describe, expect, it } from "vitest";
import { HOUR, MINUTE, type Scenario, scenario, SECOND } from "./scenario.ts";

const DB = 'server: db, keep: 1, cooling_off: 0s, image: { name: "db-${{ seq }}" }';

describe("21: a worker that was paused while it showed the clouds what is current", () => {
  it("does not leave the image hidden that somebody went back to meanwhile", async () => {
    const HIDE = /PATCH \/image/;
    const isHiding = (s: Scenario) => s.recipeState().images.length === 2 && s.shown().length === 2;
    const seen = { first: "", allowed: false, hiddenAgain: false };
    const s = await scenario({
      recipe: "server: web, keep: 2",
      faults: (s) => [
        { call: HIDE, while: () => isHiding(s()), fault: { kind: "pause-before", seconds: 300 } },
      ],
      moments: (s) => [
        {
          call: HIDE,
          while: () => isHiding(s()),
          // Late enough that the clouds show it before the worker wakes up.
          happens: () => s().after(230 * SECOND, () => (seen.allowed = s().rollBack(seen.first))),
        },
      ],
    });
    s.excuse("only the active run of a recipe promotes");
    // Until it is shown once more: nothing holds back a call that was decided on before the rollback.
    s.excuse("the clouds always show a current image");
    s.start();
    await s.until(HOUR);
    seen.first = s.current().id;
    s.always(() => {
      if (s.recipeState().projectAtMs === null || s.recipeState().shown !== seen.first) return;
      if (seen.allowed && s.image(seen.first).hidden) seen.hiddenAgain = true;
    });
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(seen).toEqual({ first: s.recipeState().current, allowed: true, hiddenAgain: true });
    expect(s.image(seen.first).hidden).toBe(false);
    expect(s.shown()).toEqual([seen.first]);
  });

  it("does not leave an earlier image shown as current", async () => {
    const SHOW = /PUT \S+\/tags\/regild-current-web/;
    const seen = { both: false };
    const s = await scenario({
      recipe: "server: db, keep: 3",
      faults: (s) => [
        {
          call: SHOW,
          while: () => s().recipeState().images.length === 2,
          fault: { kind: "pause-before", seconds: 200 },
        },
      ],
      moments: (s) => [
        {
          call: SHOW,
          while: () => s().recipeState().images.length === 2,
          // By then another worker has brought the second run to its end.
          happens: () => s().start("t3", s().simulation.nowMs - s().begin + 150 * SECOND),
        },
      ],
    });
    s.always(() => {
      const isOver = s.runs().length === 3 && s.run()?.outcome === "succeeded";
      if (isOver && s.shown().length === 2) seen.both = true;
    });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(seen.both).toBe(true);
    expect(s.shown()).toEqual([s.recipeState().current]);
  });
});

/** How many there are when the run ends: what the recipe's own checks find later is not among its work. */
function snapshotsAtEnd(s: Scenario): { count: number | null } {
  const seen: { count: number | null } = { count: null };
  s.always(() => {
    if (s.run()?.outcome != null) seen.count ??= s.snapshots().length;
  });
  return seen;
}

describe("22: a createImage that failed after some of its snapshots were made", () => {
  it.each([1, 2])("leaves none of them when %i of its tries fail", async (times) => {
    const s = await scenario({
      recipe: DB,
      prepare: ({ faults }) =>
        faults.add({
          on: { operation: "compute.createImage", times },
          effect: { kind: "snapshots-cut", after: 1 },
        }),
    });
    const atEnd = snapshotsAtEnd(s);
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(atEnd.count).toBe(2);
    expect(s.cloud.world.journal.filter((e) => e.resource === "snapshot")).toHaveLength(
      // Those of failed tries were made and deleted, those of the image made.
      2 * times + 2,
    );
    expect(s.snapshots()).toHaveLength(2);
  });

  it("leaves none of them when all its tries fail", async () => {
    const s = await scenario({
      recipe: DB,
      prepare: ({ faults }) =>
        faults.add({
          on: { operation: "compute.createImage", times: 9 },
          effect: { kind: "snapshots-cut", after: 1 },
        }),
    });
    const atEnd = snapshotsAtEnd(s);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("create-unanswered");
    expect(atEnd.count).toBe(0);
    expect(s.snapshots()).toEqual([]);
  });

  it("leaves none of them when the cloud is down until the run has ended", async () => {
    const s = await scenario({
      recipe: `${DB}, deadline: 1m`,
      prepare: ({ faults }) =>
        faults.add({
          on: { operation: "compute.createImage" },
          effect: { kind: "snapshots-cut", after: 1 },
        }),
      transientFailures: (s) => ({
        isDown: s.run()?.intent?.answer === "unknown" && s.simulation.nowMs < s.begin + HOUR,
      }),
    });
    s.start();
    await s.until(MINUTE * 20);
    expect(s.run()?.outcome).toBe("failed");
    expect(s.snapshots()).toHaveLength(1);
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.snapshots()).toEqual([]);
  });

  it("leaves no snapshot of a temporary volume, nor the volume, when the run is cancelled", async () => {
    const s = await scenario({ recipe: "volume: data, capture: snapshot" });
    s.start();
    s.cancelWhen((run) => run.step === "check-status");
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.snapshots()).toEqual([]);
    expect(s.cloud.world.volumes.size).toBe(3);
  });
});
