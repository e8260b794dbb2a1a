import { describe, expect, it } from "vitest";
import { runReportRows } from "../../local/cli/text/run-report.ts";
import { viewRunReport } from "../../local/view/run-report.ts";
import { paused } from "../../shared/image/pause.ts";
import { HOUR, MINUTE } from "../unit/builders.ts";
import type { SecondZone } from "./k5-cloud.ts";
import { K5Installation } from "./k5-installation.ts";

const REASON = "ERROR:A timeout occurred during synchronize image the server(http://1.1.1.1:9292)";
const GOOD = { seconds: 30, registersAfter: 1, reason: null };

/** Two good images; the second is current for a minute, and held to both zones. */
async function twoImages(secondZone: SecondZone = "a region") {
  const on = new K5Installation(secondZone);
  on.cloud.plans = [GOOD];
  const of = on.recipe({ zones: on.zones() });
  const first = (await on.refresh(of)).candidate?.id ?? "";
  await on.idle(10 * HOUR);
  const run = await on.refresh(of);
  const second = run.candidate?.id ?? "";
  await on.idle(MINUTE);
  expect((await on.recipeState()).current).toBe(second);
  return { on, run, first, second };
}

describe("after the promotion,", () => {
  it.each(["sync_status_reason", "sync_reason_status"])(
    "a %s that comes 90 s late brings the image before back within one look, and one new run",
    async (key) => {
      const { on, run, first, second } = await twoImages();
      on.cloud.after(30, () => {
        const image = on.cloud.zones[0].get(second);
        if (image !== undefined) image.properties[key] = REASON;
      });
      await on.idle(5 * MINUTE);
      const recipeState = await on.recipeState();
      expect(recipeState.current).toBe(first);
      expect(recipeState.pointerChanges.at(-1)).toMatchObject({
        kind: "rolled-back",
        from: second,
        to: first,
        by: "the check of the current image",
        reason: `not-synchronised: a: ${REASON}`,
      });
      expect(on.logged.some((line) => line.includes("not usable any more"))).toBe(true);
      const is = { run, cancelAtMs: null, recipeState, sources: [] };
      const report = viewRunReport(is, on.cloud.nowMs);
      expect(report.rolled_back).toMatchObject({ to: { id: first } });
      const rows = runReportRows(report, on.cloud.nowMs).map((row) => row.join(" "));
      expect(rows.join("\n")).toContain(`: not-synchronised: a: ${REASON}`);
      const [, , third, ...more] = on.runIds();
      expect(more).toEqual([]);
      const anew = await on.follow(third ?? "");
      expect(anew).toMatchObject({
        outcome: "succeeded",
        trigger: { kind: "schedule", by: "the check of the current image" },
      });
      await on.idle(48 * HOUR);
      expect(on.runIds()).toHaveLength(3);
      expect((await on.recipeState()).current).toBe(anew.candidate?.id);
    },
  );

  it("the clouds show the image before as current by the message that has moved the pointer", async () => {
    const { on, first, second } = await twoImages();
    on.cloud.after(30, () => {
      const image = on.cloud.zones[0].get(second);
      if (image !== undefined) image.properties["sync_status_reason"] = REASON;
    });
    const untilMs = on.cloud.nowMs + 5 * MINUTE;
    while ((await on.recipeState()).current === second)
      expect(await on.message(untilMs)).toBe(true);
    const tags = (id: string) => on.cloud.zones[0].get(id)?.tags ?? [];
    expect(tags(first).filter((tag) => tag.startsWith("regild-current"))).toHaveLength(1);
    expect(tags(second).filter((tag) => tag.startsWith("regild-current"))).toEqual([]);
  });

  it.each<[string, (on: K5Installation, id: string) => void, string]>([
    ["loses it", (on, id) => on.cloud.zones[1].delete(id), "not-in-every-zone: b: not there"],
    [
      "has it deactivated",
      (on, id) => Object.assign(on.cloud.zones[1].get(id) ?? {}, { status: "deactivated" }),
      "not-in-every-zone: b: it is deactivated",
    ],
    [
      "that made it has it deactivated",
      (on, id) => Object.assign(on.cloud.zones[0].get(id) ?? {}, { status: "deactivated" }),
      "deactivated",
    ],
  ])("a zone that %s brings the image before back, at the second look", async (_, harm, reason) => {
    const { on, first, second } = await twoImages();
    harm(on, second);
    await on.idle(5 * MINUTE);
    const recipeState = await on.recipeState();
    expect(recipeState.current).toBe(first);
    expect(recipeState.pointerChanges.at(-1)?.reason).toBe(reason);
    expect(on.runIds()).toHaveLength(3);
  });

  it.each<SecondZone>(["an endpoint", "a service"])(
    "zone 2 is looked at also where it is %s",
    async (secondZone) => {
      const { on, first, second } = await twoImages(secondZone);
      on.cloud.zones[1].delete(second);
      await on.idle(5 * MINUTE);
      expect((await on.recipeState()).current).toBe(first);
    },
  );

  it("an image before that is not good in every zone does not become current again", async () => {
    const { on, first, second } = await twoImages();
    on.cloud.zones[1].delete(first);
    on.cloud.zones[1].delete(second);
    await on.idle(HOUR);
    const recipeState = await on.recipeState();
    expect(recipeState.current).toBe(second);
    expect(recipeState.currentCheck?.fault).toMatchObject({
      status: "not-in-every-zone",
      why: "b: not there",
      isConfirmed: true,
    });
    expect(on.runIds()).toHaveLength(2);
  });

  it("a zone that does not answer proves nothing", async () => {
    const { on, second } = await twoImages();
    on.cloud.down.add(1);
    await on.idle(3 * HOUR);
    expect((await on.recipeState()).current).toBe(second);
    expect((await on.recipeState()).currentCheck?.fault).toBeNull();
  });

  it("the first image of a recipe stays current with its reason, and one new run replaces it", async () => {
    const on = new K5Installation();
    const reason = { after: 90, key: "sync_status_reason", text: REASON };
    on.cloud.plans = [{ seconds: 30, registersAfter: 1, reason }, GOOD];
    const first = await on.refresh();
    await on.idle(10 * MINUTE);
    expect((await on.recipeState()).current).toBe(first.candidate?.id);
    const [, second = "", ...more] = on.runIds();
    expect(more).toEqual([]);
    const anew = await on.follow(second);
    await on.idle(30 * HOUR);
    expect((await on.recipeState()).current).toBe(anew.candidate?.id);
    expect(on.runIds()).toHaveLength(2);
  });

  it("a paused recipe goes back, and starts no run", async () => {
    const { on, first, second } = await twoImages();
    const pause = { by: "anna", reason: "moving", untilMs: null };
    await on.change((h) => paused(h, pause, on.cloud.nowMs));
    on.cloud.zones[1].delete(second);
    await on.idle(10 * MINUTE);
    expect((await on.recipeState()).current).toBe(first);
    expect(on.runIds()).toHaveLength(2);
  });

  it("a cloud that fails each time gets one new run, not one after the other", async () => {
    const { on, first, second } = await twoImages();
    const fail = (id: string) => {
      const image = on.cloud.zones[0].get(id);
      if (image !== undefined) image.properties["sync_status_reason"] = REASON;
    };
    fail(second);
    await on.idle(5 * MINUTE);
    const [, , third = ""] = on.runIds();
    const anew = await on.follow(third);
    fail(anew.candidate?.id ?? "");
    await on.idle(48 * HOUR);
    expect((await on.recipeState()).current).toBe(first);
    expect(on.runIds()).toHaveLength(3);
  });

  it("no new run starts while nobody says whether the image before is good", async () => {
    const { on, first, second } = await twoImages();
    const image = on.cloud.zones[0].get(second);
    if (image !== undefined) image.properties["sync_status_reason"] = REASON;
    on.cloud.down.add(1);
    await on.idle(10 * MINUTE);
    expect(on.runIds()).toHaveLength(2);
    on.cloud.down.clear();
    await on.idle(20 * MINUTE);
    expect((await on.recipeState()).pointerChanges.at(-1)).toMatchObject({ to: first });
    expect(on.runIds()).toHaveLength(3);
  });
});
