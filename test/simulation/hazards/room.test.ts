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

  it("neither holds nor counts a recipe without it", async () => {
    const s = await scenario({ recipe: STOPPED, recipes: { data: "volume: data" } });
    s.start("t1", 0, "data");
    s.start("t2", 5 * SECOND, "web");
    await s.until(40 * SECOND);
    expect(s.run("web")?.locked).toBe(true);
    await s.finish(3 * HOUR);
  });
});
