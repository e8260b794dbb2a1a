import { describe, expect, it } from "vitest";
import { HOUR, MINUTE, SECOND, type Scenario, scenario } from "./scenario.ts";

const STOPPED = "server: web, prepare: { stop_server: true }, max_parallel: 1";
const OTHERS = {
  data: "volume: data, max_parallel: 1",
  db: "server: db, max_parallel: 1",
};

/** What the newest run of the recipe said last. */
function said(s: Scenario, recipe: string): string {
  return s.run(recipe)?.timeline.at(-1)?.text ?? "";
}

describe("max_parallel", () => {
  it("has runs wait in the order of their starts, before a server is stopped", async () => {
    const s = await scenario({ recipe: STOPPED, recipes: OTHERS });
    s.start("t1", 0, "data");
    s.start("t2", 5 * SECOND, "web");
    s.start("t3", 10 * SECOND, "db");
    await s.until(45 * SECOND);
    expect(said(s, "web")).toBe("waiting for room: 1 of 1 uploads on sim");
    expect(s.run("web")?.locked).toBe(false);
    expect(s.server("web").vmState).toBe("active");
    await s.finish(3 * HOUR);
    const ends = ["data", "web", "db"].map((name) => s.run(name)?.endedAtMs ?? 0);
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
    for (const name of ["data", "web", "db"]) expect(s.run(name)?.outcome).toBe("succeeded");
  });

  it("has a run that waits send no messages: the end of another makes it due", async () => {
    const s = await scenario({
      recipe: STOPPED,
      recipes: OTHERS,
      prepare: ({ settings }) => {
        settings.uploadSeconds = () => 3600;
      },
    });
    s.start("t1", 0, "data");
    s.start("t2", 5 * SECOND, "web");
    await s.until(50 * MINUTE);
    const waited = s.run("web")?.timeline.at(-1);
    expect(waited?.text).toBe("waiting for room: 1 of 1 uploads on sim");
    expect(waited?.count).toBeLessThan(13);
    await s.finish(6 * HOUR);
    const freed = s.run("data")?.endedAtMs ?? 0;
    const stopped = s.run("web")?.stoppedAtMs ?? 0;
    expect(stopped - freed).toBeLessThan(3 * MINUTE);
  });

  it("gives the place of a run that was cancelled to the next", async () => {
    const s = await scenario({ recipe: STOPPED, recipes: OTHERS });
    s.start("t1", 0, "web");
    s.start("t2", 5 * SECOND, "data");
    s.cancelWhen(({ step }) => step === "check-status");
    await s.finish(3 * HOUR);
    expect(s.run("web")?.outcome).toBe("cancelled");
    expect(s.run("data")?.outcome).toBe("succeeded");
  });

  it("gives the place up when the image is usable, while a person is waited for", async () => {
    const s = await scenario({
      recipe: `${STOPPED}, promote: approve, approve_within: 2h`,
      recipes: OTHERS,
    });
    s.start("t1", 0, "web");
    s.start("t2", 5 * SECOND, "data");
    await s.until(HOUR);
    expect(s.run("web")).toMatchObject({ step: "promote-image", outcome: null, hasRoom: false });
    expect(s.run("data")?.outcome).toBe("succeeded");
    await s.finish(6 * HOUR);
  });

  it("keeps the place of a run whose image was not synchronised, and is made anew", async () => {
    const s = await scenario({
      recipe: STOPPED,
      recipes: OTHERS,
      prepare: (cloud) => {
        cloud.faults.add({
          on: { operation: "compute.createImage" },
          effect: { kind: "sync-fails", property: "sync_status_reason" },
        });
      },
    });
    const held: boolean[] = [];
    s.always(() => {
      const run = s.run("web");
      if (run?.attempt === 2 && run.step === "create-image") held.push(run.hasRoom);
    });
    s.start("t1", 0, "web");
    s.start("t2", 5 * SECOND, "data");
    await s.finish(6 * HOUR);
    expect(new Set(held)).toEqual(new Set([true]));
    for (const name of ["web", "data"]) expect(s.run(name)?.outcome).toBe("succeeded");
    expect(s.run("data")?.candidate?.activeAtMs).toBeGreaterThan(
      s.run("web")?.candidate?.activeAtMs ?? Infinity,
    );
  });

  it("lets a run wait on whose worker died before it had written its new deadline", async () => {
    let isHalfWritten = false;
    const s = await scenario({
      recipe: `${STOPPED}, deadline: 1h`,
      recipes: OTHERS,
      prepare: ({ settings }) => {
        settings.uploadSeconds = () => 2 * 3600;
      },
      faults: () => [{ call: /^store commit U#/, nth: 2, fault: { kind: "stop-after" } }],
    });
    s.always(() => {
      const { deadlineAtMs = 0, startedAtMs = 0 } = s.run("web") ?? {};
      const isListed = [...s.simulation.table.items].some(
        ([key, { doc }]) => key.startsWith("U#") && doc.includes(s.run("web")?.id ?? "none"),
      );
      isHalfWritten ||= isListed && deadlineAtMs === startedAtMs + HOUR;
    });
    s.start("t1", 0, "data");
    s.start("t2", 5 * SECOND, "web");
    await s.until(1.5 * HOUR);
    expect(isHalfWritten).toBe(true);
    const { startedAtMs = 0, deadlineAtMs = 0 } = s.run("web") ?? {};
    expect(s.run("web")?.failure).toBe(null);
    expect(deadlineAtMs - startedAtMs).toBe(7 * 24 * HOUR);
  });

  it("gives a run that waited its recipe's deadline with its place", async () => {
    const s = await scenario({ recipe: `${STOPPED}, deadline: 1h`, recipes: OTHERS });
    let atPlace: number | null = null;
    s.always(() => {
      const run = s.run("web");
      if (run?.hasRoom === true && !run.locked) atPlace = run.deadlineAtMs - s.simulation.nowMs;
    });
    s.start("t1", 0, "data");
    s.start("t2", 5 * SECOND, "web");
    await s.until(6 * HOUR);
    expect(s.run("web")?.outcome).toBe("succeeded");
    expect(atPlace).toBeGreaterThan(0);
    expect(atPlace).toBeLessThanOrEqual(HOUR);
  });

  it("neither holds nor counts a recipe without it", async () => {
    const s = await scenario({ recipe: STOPPED, recipes: { data: "volume: data" } });
    s.start("t1", 0, "data");
    s.start("t2", 5 * SECOND, "web");
    await s.until(40 * SECOND);
    expect(s.run("web")?.locked).toBe(true);
    await s.finish(3 * HOUR);
  });
});
