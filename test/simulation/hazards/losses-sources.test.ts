import { describe, expect, it } from "vitest";
import { CREATE_IMAGE, HOUR, MINUTE, scenario, STOP } from "./scenario.ts";

describe("19: a lock is on what is taken, whatever the recipe calls it", () => {
  it("a server by its name, by its id and by one of its volumes is taken by one run at a time", async () => {
    const s = await scenario({ recipe: "server: db" });
    s.rewrite(`server: ${s.server("db").id}, region_name: az1`, "by-id");
    s.rewrite("volume: db-data, capture: snapshot", "by-volume");
    const names = ["web", "by-id", "by-volume"];
    const most = { atOnce: 0 };
    s.always(() => {
      const runs = names.flatMap((name) => s.runs(name));
      const holders = runs.filter((run) => run.locked && run.outcome === null);
      most.atOnce = Math.max(most.atOnce, holders.length);
    });
    for (const name of names) s.start("t1", 0, name);
    await s.finish();
    expect(names.map((name) => s.run(name)?.outcome)).toEqual(names.map(() => "succeeded"));
    expect(most.atOnce).toBe(1);
  });

  it("two of a server's volumes are taken at once", async () => {
    const s = await scenario({ recipe: "volume: db-data, capture: snapshot" });
    s.rewrite("server: db, capture: root_volume", "root");
    const most = { atOnce: 0 };
    s.always(() => {
      const runs = [...s.runs(), ...s.runs("root")];
      const holders = runs.filter((run) => run.locked && run.outcome === null);
      most.atOnce = Math.max(most.atOnce, holders.length);
    });
    s.start();
    s.start("t1", 0, "root");
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.run("root")?.outcome).toBe("succeeded");
    expect(most.atOnce).toBe(2);
  });

  it("a volume whose upload was given up stays locked until the upload has ended", async () => {
    const s = await scenario({
      recipe: "volume: data",
      recipes: { next: "volume: data, capture: snapshot" },
      prepare: (cloud) => {
        cloud.settings.uploadSeconds = (name) => (name.startsWith("web") ? 600 : 5);
      },
    });
    s.start();
    s.start("t1", MINUTE, "next");
    s.cancelWhen((run) => run.step === "check-status");
    const volume = [...s.cloud.world.volumes.values()].find((v) => v.name === "data");
    const seen = { tooEarly: false };
    s.always(() => {
      const isTaken = s.run()?.outcome === "cancelled" || s.run("next")?.locked === true;
      const isFirst = s.simulation.nowMs < s.begin + 10 * MINUTE;
      if (isTaken && isFirst && volume?.status === "uploading") seen.tooEarly = true;
    });
    await s.until(8 * MINUTE);
    expect(volume?.status).toBe("uploading");
    expect(s.images()).toEqual([]);
    expect(seen.tooEarly).toBe(false);
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(seen.tooEarly).toBe(false);
    expect(s.run("next")?.outcome).toBe("succeeded");
  });

  it.each([
    ["was stopped for its image", "active"],
    ["was found stopped", "stopped"],
  ])("a server that %s, and that somebody starts, gives no image", async (_how, found) => {
    const s = await scenario({
      moments: (s) => [
        {
          call: /^http GET /,
          while: () => s().isIn("create-image"),
          happens: () => {
            s().server("web").vmState = "active";
          },
        },
      ],
    });
    s.server("web").vmState = found;
    s.notOurs(s.server("web"));
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("source-started");
    expect(s.sent(CREATE_IMAGE)).toBe(0);
    expect(s.sent(STOP)).toBe(found === "active" ? 1 : 0);
    expect(s.server("web").vmState).toBe("active");
  });

  it("a server that was found stopped is left stopped", async () => {
    const s = await scenario();
    s.server("web").vmState = "stopped";
    s.excuse("servers run as they were found");
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.server("web").vmState).toBe("stopped");
    expect(s.sent(/os-st(art|op)/)).toBe(0);
  });
});
