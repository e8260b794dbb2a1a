import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparisonText } from "../../local/cli/text/approval.ts";
import { viewApproval } from "../../local/view/approval.ts";
import { runDocument } from "../../local/view/run-report.ts";
import { PASSED } from "../unit/builders.ts";
import { HOUR_MS, NOW_MS, run } from "./records.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

const RECIPES = `
recipes:
  web: { cloud: demo, server: web, promote: approve, keep: 1, cooling_off: 0s }
  data: { cloud: demo, volume: data }
`;
const TAG = "regild-current-web";

it("who approves sees what each test boot of the candidate has shown", () => {
  const approval = {
    askedAtMs: NOW_MS,
    untilMs: NOW_MS + HOUR_MS,
    leftMs: HOUR_MS,
    against: null,
    differences: [],
    decision: null,
  };
  const tests = [
    { ...PASSED, zone: "az1", consoleTail: "Started nginx | golden login:" },
    { ...PASSED, zone: "az2", line: null, answeredAt: "10.0.3.17:80/health" },
  ];
  const view = viewApproval(run({ approval, tests }));
  if (view === null) throw new Error("the run has asked");
  expect(comparisonText(view, "web-1", NOW_MS).slice(1)).toEqual([
    'Test boot: booted in az1 in 40 s, printed "golden login:"',
    "End of its console: Started nginx | golden login:",
    "Test boot: booted in az2 in 40 s, answered at 10.0.3.17:80/health",
  ]);
});

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
