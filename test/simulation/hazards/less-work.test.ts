import { describe, expect, it } from "vitest";
import { forced } from "../../../shared/recipe/forced.ts";
import { HOUR, MINUTE, type Scenario, type ScenarioOptions, scenario } from "./scenario.ts";

const STILL: ScenarioOptions["prepare"] = ({ world }) => {
  for (const server of world.servers.values()) server.vmState = "stopped";
};

/** The last line of each run, shortened where it names an image. */
function ends(s: Scenario): string[] {
  return s.runs().map(({ timeline, outcome }) => {
    const text = timeline.at(-1)?.text ?? "";
    return outcome === "skipped"
      ? text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "IMAGE")
      : `${outcome}`;
  });
}

/** What the newest run said when it took the recipe. */
function why(s: Scenario): string {
  const took = s.run()?.timeline.find(({ text }) => text.includes("is refreshed by this run"));
  return took?.text.replace(/^.*?; /, "") ?? "";
}

describe("fresh_within", () => {
  it("has a start make no image while the current one is young, and one when it is old", async () => {
    const s = await scenario({ recipe: "server: web, fresh_within: 2h" });
    s.start("t1");
    s.start("t2", HOUR);
    s.start("t3", 3 * HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual([
      "succeeded",
      "skipped: fresh: IMAGE is current and 59m old, within fresh_within: 2h",
      "succeeded",
    ]);
    expect(s.made()).toBe(2);
  });

  it("does not hold a start that is forced", async () => {
    const s = await scenario({ recipe: "server: web, fresh_within: 2h" });
    s.start("t1");
    s.at(HOUR, () => s.simulation.trigger(forced(s.recipe("web")), "t2", s.simulation.nowMs));
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual(["succeeded", "succeeded"]);
  });

  it("does not hold a start whose recipe makes another image", async () => {
    const s = await scenario({ recipe: "server: web, fresh_within: 2h" });
    s.start("t1");
    s.at(HOUR, () => {
      s.rewrite("server: web, fresh_within: 2h, image: { properties: { os_distro: debian } }");
      s.start("t2", HOUR);
    });
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual(["succeeded", "succeeded"]);
    expect(why(s)).toContain("by another version of the recipe");
  });

  it("counts a start that makes no image as refreshed", async () => {
    const s = await scenario({ recipe: "server: web, fresh_within: 2h" });
    s.start("t1");
    s.start("t2", HOUR);
    await s.finish(6 * HOUR);
    expect(s.recipeState().notNeededAtMs).toBeGreaterThanOrEqual(s.begin + HOUR - MINUTE);
  });

  it("lets a start that waited find the image of the run before it", async () => {
    const s = await scenario({ recipe: "server: web, fresh_within: 2h, if_running: queue" });
    s.start("t1");
    s.start("t2", 5000);
    await s.finish(6 * HOUR);
    expect(ends(s)[1]).toMatch(/^skipped: fresh/);
    expect(s.recipeState().queuedRuns).toEqual([]);
  });
});

describe("skip_unchanged of a server", () => {
  const STOPPED = { recipe: "server: db, skip_unchanged: true", prepare: STILL };

  it("makes no image of a server that stayed SHUTOFF, and says on what that rests", async () => {
    const s = await scenario(STOPPED);
    s.excuse("servers run as they were found"); // by hand they were stopped before
    s.start("t1");
    s.start("t2", HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual([
      "succeeded",
      "skipped: unchanged: server db since IMAGE: the server is SHUTOFF, as it was then; Nova lists only createImage since then; Cinder dates no change of its volumes since then",
    ]);
  });

  it("makes one when the server runs", async () => {
    const s = await scenario({ recipe: "server: web, skip_unchanged: true" });
    s.start("t1");
    s.start("t2", HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual(["succeeded", "succeeded"]);
    expect(why(s)).toBe("an image is needed: server web: a guest may have written to its disks");
  });

  it("makes one when the server was stopped for the image and started again", async () => {
    const s = await scenario({
      recipe: "server: web, prepare: { stop_server: true }, skip_unchanged: true",
    });
    s.excuse("servers run as they were found"); // a hand stops it
    s.start("t1");
    s.at(30 * MINUTE, () => {
      s.notOurs(s.server("web")).vmState = "stopped";
    });
    s.start("t2", HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual(["succeeded", "succeeded"]);
    expect(why(s)).toBe("an image is needed: server web: Nova lists start since then");
  });

  it("makes one when a volume of it has changed", async () => {
    const s = await scenario(STOPPED);
    s.excuse("servers run as they were found"); // by hand they were stopped before
    s.start("t1");
    s.at(30 * MINUTE, () => {
      const volume = [...s.cloud.world.volumes.values()].find(({ name }) => name === "db-data");
      if (volume !== undefined) s.notOurs(volume).updatedAtMs = s.simulation.nowMs;
    });
    s.start("t2", HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual(["succeeded", "succeeded"]);
    expect(why(s)).toMatch(/server db: Cinder dates a change of volume \S+ at 20/);
  });

  it("goes by a version of a server that runs", async () => {
    const s = await scenario({
      recipe: "server: web, prepare: { stop_server: true }, skip_unchanged: { version: golden }",
    });
    s.server("web").metadata["golden"] = "7";
    s.start("t1");
    s.start("t2", HOUR);
    s.at(90 * MINUTE, () => {
      s.server("web").metadata["golden"] = "8";
    });
    s.start("t3", 2 * HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual([
      "succeeded",
      "skipped: unchanged: server web since IMAGE: metadata golden is still 7; Nova lists only start, createImage since then",
      "succeeded",
    ]);
    expect(why(s)).toBe("an image is needed: server web: metadata golden was 7, and is 8");
  });

  it("does not go by a version under another key, though its value is the same", async () => {
    const stops = "server: web, prepare: { stop_server: true }";
    const s = await scenario({ recipe: `${stops}, skip_unchanged: { version: golden }` });
    Object.assign(s.server("web").metadata, { golden: "7", release: "7" });
    s.start("t1");
    s.at(HOUR, () => {
      s.rewrite(`${stops}, skip_unchanged: { version: release }`);
      s.start("t2", HOUR);
      s.start("t3", 2 * HOUR);
    });
    await s.finish(6 * HOUR);
    expect(s.made()).toBe(2);
    expect(ends(s)[2]).toMatch(/^skipped: unchanged: .* metadata release is still 7/);
    expect(
      s
        .runs()[1]
        ?.timeline.map(({ text }) => text)
        .join(),
    ).toContain(
      "an image is needed: the recipe did not name metadata release when the current image was taken",
    );
  });
});

describe("skip_unchanged of a volume", () => {
  it.each(["volume", "snapshot"])("with capture %s goes by Cinder's time", async (capture) => {
    const s = await scenario({ recipe: `volume: data, capture: ${capture}, skip_unchanged: true` });
    s.start("t1");
    s.start("t2", HOUR);
    s.at(90 * MINUTE, () => {
      const volume = [...s.cloud.world.volumes.values()].find(({ name }) => name === "data");
      if (volume !== undefined) s.notOurs(volume).updatedAtMs = s.simulation.nowMs;
    });
    s.start("t3", 2 * HOUR);
    await s.finish(6 * HOUR);
    expect(ends(s)).toEqual([
      "succeeded",
      "skipped: unchanged: volume data since IMAGE: no server has it; Cinder dates no change of its volumes since then",
      "succeeded",
    ]);
  });
});
