import { describe, expect, it } from "vitest";
import { HOUR, scenario, type Scenario } from "./scenario.ts";

async function refreshed(times: number, recipe: string): Promise<Scenario> {
  const s = await scenario({ recipe });
  for (let n = 0; n < times; n++) s.start(`t${n + 1}`, n * HOUR);
  await s.until(times * HOUR);
  expect(s.images()).toHaveLength(times);
  return s;
}

describe("10: what is kept is counted by what is there", () => {
  it.each(["deleted", "deactivated"])(
    "an image that somebody has %s is replaced by an older one, not by none",
    async (how) => {
      const s = await refreshed(3, "server: web, keep: 3, cooling_off: 0s");
      const [oldest = "", middle = ""] = s.images();
      s.notOurs({ id: middle });
      if (how === "deleted") s.cloud.operator.deleteImage(middle);
      else s.image(middle).status = "deactivated";
      s.start("t4", 3 * HOUR);
      await s.finish();
      expect(s.images()).toContain(oldest);
      const active = s.images().filter((id) => s.image(id).status === "active");
      expect(active).toHaveLength(3);
    },
  );

  it("a recipe that is pointed at another server leaves the images of the first one alone", async () => {
    const s = await refreshed(2, "server: web, keep: 2, cooling_off: 0s");
    const before = s.images();
    s.rewrite("server: db, keep: 1, cooling_off: 0s");
    for (const n of [3, 4, 5]) s.start(`t${n}`, n * HOUR);
    expect(await s.finish()).toHaveLength(5);
    expect(s.images()).toEqual([...before, s.recipeState().current]);
  });

  it("a recipe that is pointed back counts its first images again", async () => {
    const s = await refreshed(2, "server: web, keep: 2, cooling_off: 0s");
    s.rewrite("server: db, keep: 1, cooling_off: 0s");
    s.start("t3", 3 * HOUR);
    await s.until(4 * HOUR);
    const [, newestOfWeb, ofDb] = s.images();
    s.rewrite("server: web, keep: 2, cooling_off: 0s");
    s.start("t4", 4 * HOUR);
    expect(await s.finish()).toHaveLength(4);
    expect(s.images()).toEqual([newestOfWeb, ofDb, s.recipeState().current]);
  });

  it("more at once than max_deletes stops, and asks", async () => {
    const s = await refreshed(4, "server: web, keep: 4, cooling_off: 0s");
    const before = s.images();
    s.rewrite("server: web, keep: 1, cooling_off: 0s, max_deletes: 3");
    s.start("t5", 5 * HOUR);
    expect(await s.finish()).toHaveLength(5);
    expect(s.images()).toEqual([...before, s.recipeState().current]);
  });
});

it("an image that a worker died before hiding is hidden first, so that none stays shown that somebody protects", async () => {
  const s = await scenario({
    faults: () => [
      { call: /DELETE \S+\/tags\/regild-current-web/, nth: 1, fault: { kind: "stop-before" } },
    ],
  });
  s.start();
  s.start("t2", HOUR);
  s.always(() => {
    if (s.run()?.trigger.id !== "t2") return;
    for (const { id, state } of s.recipeState().images) {
      const image = s.cloud.world.firstZone.images.get(id);
      if (state === "deleting" && image !== undefined) image.protected = true;
    }
  });
  await s.finish();
  const shown = [...s.cloud.world.firstZone.images.values()].filter(({ tags }) =>
    tags.includes("regild-current-web"),
  );
  expect(shown.map(({ id }) => id)).toEqual([s.recipeState().current]);
});
