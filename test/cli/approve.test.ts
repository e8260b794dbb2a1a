import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runDocument } from "../../local/view/run-report.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

const RECIPES = `
recipes:
  web: { cloud: demo, server: web, promote: approve, keep: 1, cooling_off: 0s }
  data: { cloud: demo, volume: data }
`;
const TAG = "regild-current-web";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  place.write("recipes.yml", RECIPES);
}, 60_000);
afterAll(() => place[Symbol.asyncDispose]());

function images() {
  place.cloud.settle();
  return [...place.cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base");
}

const tagsOf = () => images().map(({ hidden, tags }) => ({ hidden, tags: [...tags] }));

describe("a recipe with promote: approve", { timeout: 180_000 }, () => {
  it("waits for a person: the image is there, hidden and marked, and not current", async () => {
    const { status, err } = await place.regild("refresh", "web", "--wait");
    expect(err).toContain("waits for a person: regild approve web-");
    expect(status).toBe(5);
    expect(tagsOf()).toEqual([{ hidden: true, tags: ["regild-candidate"] }]);
    expect((await place.regild("status")).out).toContain("regild approve web");
    const { run } = runDocument.parse(
      JSON.parse((await place.regild("status", "web", "-o", "json")).out),
    );
    expect(run.approval).toMatchObject({ state: "waiting", compared_with: null, by: null });
  });

  it("shows age and size, and makes the image current once it is approved", async () => {
    const { status, err, out } = await place.regild("approve", "web", "--wait");
    expect(err).toMatch(/size +– +\d/);
    expect(out).toContain("Current for web");
    expect(status).toBe(0);
    expect(tagsOf()).toEqual([{ hidden: false, tags: [TAG] }]);
  });

  it("refuses an answer where nobody has asked, and changes nothing", async () => {
    const again = await place.regild("approve", "web");
    expect(again.err).toContain("was approved by");
    expect(again.status).toBe(6);
    expect((await place.regild("reject", "web")).status).toBe(2);
    expect((await place.regild("reject", "web", "--reason", " ")).status).toBe(2);
    expect((await place.regild("approve", "wbe")).status).toBe(2);
  });

  it("has a rejected image deleted, and keeps the current one", async () => {
    await place.regild("refresh", "web", "--wait");
    expect(images()).toHaveLength(2);
    const said = await place.regild("reject", "web", "--reason", "wrong kernel", "--wait");
    expect(said.out).toContain("rejected the image: wrong kernel");
    expect(said.status).toBe(0);
    expect(tagsOf()).toEqual([{ hidden: false, tags: [TAG] }]);
  });

  it("is cancelled like any other", async () => {
    await place.regild("refresh", "web", "--wait");
    await place.regild("approve", "web", "--wait", "--yes");
    await place.regild("refresh", "web", "--wait");
    expect((await place.regild("cancel", "web", "--wait")).status).toBe(0);
    expect(images().filter(({ tags }) => [...tags].includes("regild-candidate"))).toEqual([]);
  });
});
