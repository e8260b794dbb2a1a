import { describe, expect, it } from "vitest";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import { eventsOf } from "../../shared/events/events-of.ts";
import { currentCheckAtMs, faultOfCurrent } from "../../shared/image/current-check.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { recipeState, HOUR, inventoryImage, MINUTE, NOW, SECOND } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

/** A recipe whose image became current six hours ago, and the sweep's messages for it. */
function stage() {
  const on = new Installation();
  const image = on.cloud.operator.addImage({ name: "web-try001", tags: ["regild-current-web"] });
  const promotedAtMs = NOW - 6 * HOUR;
  image.properties["regild_promoted_at"] = new Date(promotedAtMs).toISOString();
  const current = inventoryImage({ id: image.id, state: "current", promotedAtMs });
  on.put(recipeStateKey("web"), recipeState({ current: image.id, images: [current] }), 1, {
    sweepAtMs: NOW,
  });
  /** What the next sweep sends on is worked off. @returns the check as it is known then. */
  const goOn = async (afterMs: number) => {
    on.nowMs += afterMs;
    on.sent.length = 0;
    await sweep(on.backend);
    const [sample] = sqsSample("retire-images/run").Records;
    for (const { request } of on.sent) {
      const Records = sample === undefined ? [] : [{ ...sample, body: JSON.stringify(request) }];
      await on.call(retireImages, { Records });
    }
    return on.recipeState("web");
  };
  const images = () => on.requestsTo(/v2\/images/);
  return { on, image, goOn, images };
}

describe("the current image is looked at", () => {
  it("by one GET, ever more rarely, and nothing else is asked", async () => {
    const { image, goOn, images, on } = stage();
    const after = await goOn(0);
    expect(images()).toEqual([`GET /image/az1/v2/images/${image.id}`]);
    expect(currentCheckAtMs(after)).toBe(NOW + 3 * HOUR);
    const requests = on.requests.length;
    await goOn(3 * HOUR - MINUTE);
    expect(on.requests.length).toBe(requests);
    await goOn(MINUTE);
    expect(images()).toHaveLength(2);
  });

  it("twice before its deletion is believed, and told in the log and as an event", async () => {
    const { on, image, goOn } = stage();
    on.cloud.operator.deleteImage(image.id);
    expect(faultOfCurrent(await goOn(0))).toBeNull();
    const before = await on.item(recipeStateKey("web"));
    const noticed = { status: "deleted", why: null, sinceMs: NOW, isConfirmed: true };
    expect(faultOfCurrent(await goOn(MINUTE))).toEqual(noticed);
    expect(on.logged).toEqual([
      expect.stringContaining("the current image is not usable any more"),
    ]);
    const after = await on.item(recipeStateKey("web"));
    expect(eventsOf({ before, after, writtenAtMs: on.nowMs })).toMatchObject([
      { type: "Current Image Unusable", detail: { image: { id: image.id }, status: "deleted" } },
    ]);
    await goOn(15 * MINUTE);
    expect(on.logged).toHaveLength(1);
  });

  it("again before one answer of a Glance that lags is believed", async () => {
    const { on, image, goOn } = stage();
    const images = on.cloud.world.firstZone.images;
    const stored = images.get(image.id);
    images.delete(image.id);
    await goOn(0);
    if (stored !== undefined) images.set(image.id, stored);
    expect((await goOn(MINUTE)).currentCheck).toMatchObject({ fault: null });
    expect(on.logged).toEqual([]);
  });

  it.each(["deactivated", "killed"])(
    "and told when it is %s, and when it is active again",
    async (status) => {
      const { on, image, goOn } = stage();
      image.status = status;
      await goOn(0);
      expect(faultOfCurrent(await goOn(MINUTE))).toMatchObject({ status });
      image.status = "active";
      expect(faultOfCurrent(await goOn(15 * MINUTE))).toBeNull();
      expect(on.logged.at(-1)).toContain("the current image is usable again");
    },
  );

  it.each([
    ["its tag", { tags: [], hidden: false }],
    [
      "its place in lists, with the tag of an earlier image",
      { tags: ["regild-retired"], hidden: true },
    ],
  ])("and gets back %s, which a worker took that had slept through a rollback", async (_, lost) => {
    const { on, image, goOn } = stage();
    Object.assign(image, lost);
    await goOn(0);
    await goOn(MINUTE);
    expect(image).toMatchObject({ tags: ["regild-current-web"], hidden: false });
    expect(on.logged).toEqual([expect.stringContaining("lacks a tag or a property")]);
    const changes = on.requests.filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method));
    await goOn(3 * HOUR);
    expect((await on.recipeState("web")).projectAtMs).toBeNull();
    expect(on.requests.filter(({ method }) => ["PUT", "PATCH", "DELETE"].includes(method))).toEqual(
      changes,
    );
  });

  it("and stays without the tag while it has that of another recipe", async () => {
    const { on, image, goOn } = stage();
    image.tags = ["regild-current-db"];
    await goOn(0);
    await goOn(MINUTE);
    expect(image.tags).toEqual(["regild-current-db"]);
    expect((await on.recipeState("web")).projectAtMs).toBeNull();
  });

  it("a quarter of an hour later when the cloud is down, without a word about the image", async () => {
    const { on, image, goOn } = stage();
    on.cloud.operator.deleteImage(image.id);
    on.cloud.faults.add({
      on: { operation: "image.show", times: Infinity },
      effect: { kind: "status", status: 503 },
    });
    const after = await goOn(0);
    expect(faultOfCurrent(after)).toBeNull();
    const asked = on.requests.length;
    for (let seconds = 0; seconds < 14 * 60; seconds += 30) await goOn(30 * SECOND);
    expect(on.requests.length).toBe(asked);
    expect(currentCheckAtMs(await on.recipeState("web"))).toBe(NOW + 15 * MINUTE);
  });
});
