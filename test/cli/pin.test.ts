import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  place.write(
    "recipes.yml",
    "recipes: { web: { cloud: demo, server: web, keep: { at_least: 1 }, cooling_off: 0s } }",
  );
  await place.regild("refresh", "web", "--wait");
}, 120_000);
afterAll(() => place[Symbol.asyncDispose]());

function images() {
  place.cloud.settle();
  return [...place.cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base");
}

describe("regild pin", { timeout: 240_000 }, () => {
  it("keeps an image beyond keep, visible and marked, until it is unpinned", async () => {
    const [first] = images();
    const id = first?.id ?? "";
    const done = await place.regild("pin", id, "--reason", "release 4.2", "-o", "json");
    expect(JSON.parse(done.out)).toMatchObject({
      changed: true,
      image: { id, pinned: { reason: "release 4.2" } },
    });
    for (let n = 0; n < 2; n++)
      expect((await place.regild("refresh", "web", "--wait")).status).toBe(0);
    expect(images()).toHaveLength(2);
    const kept = images().find((image) => image.id === id);
    expect([...(kept?.tags ?? [])]).toEqual(["regild-pinned"]);
    expect(kept?.hidden).toBe(false);
    expect((await place.regild("images", "web")).out).toMatch(/kept: pinned by .*: release 4\.2/);
    expect((await place.regild("unpin", id)).out).toContain("is unpinned");
    expect((await place.regild("refresh", "web", "--wait")).status).toBe(0);
    expect(images()).toHaveLength(1);
  });

  it.each([
    [["pin", "nothing", "--reason", "x"], 2, "No recipe in recipes.yml has an image nothing"],
    [["pin", "nothing"], 2, "--reason"],
    [["unpin", "nothing"], 2, "has an image nothing"],
  ] as const)("%j is refused", async (args, status, message) => {
    const said = await place.regild(...args);
    expect(said.err).toContain(message);
    expect(said.status).toBe(status);
  });
});
