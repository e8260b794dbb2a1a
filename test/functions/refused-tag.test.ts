import { expect, it } from "vitest";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { HOUR, inventoryImage, MINUTE, NOW, recipeState } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

it.each([
  [403, "asked every five minutes", 20],
  // As Glance of Zed answers for good once it keeps a tag twice.
  [500, "asked each minute", 61],
])(
  "a cloud that answers %i to the tag of the current image is %s, and the rest is done",
  async (status, _how, fewer) => {
    const on = new Installation();
    const current = on.cloud.operator.addImage({ name: "web-1" });
    const failed = on.cloud.operator.addImage({ name: "web-2" });
    const images = [
      inventoryImage({ id: current.id, state: "current", promotedAtMs: NOW - 6 * HOUR }),
      inventoryImage({ id: failed.id, state: "deleting", promotedAtMs: null }),
    ];
    const state = recipeState({ current: current.id, shown: null, images, projectAtMs: NOW });
    on.put(recipeStateKey("web"), state, 1, { sweepAtMs: NOW });
    for (const on_ of [{ method: "PUT", path: "/tags/" }, { method: "PATCH" }])
      on.cloud.faults.add({
        on: { ...on_, times: Infinity },
        effect: { kind: "status", status },
      });
    const asked: number[] = [];
    for (let minute = 0; minute < 60; minute++) {
      on.nowMs += MINUTE;
      on.sent.length = 0;
      await sweep(on.backend);
      const [sample] = sqsSample("retire-images/run").Records;
      if (sample === undefined) throw new Error("the sample has no record");
      for (const { request } of on.sent) {
        asked.push(minute);
        await on.call(retireImages, { Records: [{ ...sample, body: JSON.stringify(request) }] });
      }
    }
    expect(on.cloud.world.firstZone.images.has(failed.id)).toBe(false);
    expect(on.logged.some((line) => line.includes("clean-up put off"))).toBe(true);
    expect(asked.length).toBeLessThan(fewer);
  },
);
