import { describe, expect, it } from "vitest";
import { handler as promoteImage } from "../../functions/promote-image/handler.ts";
import { handler as validateSync } from "../../functions/validate-sync/handler.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { contextFor } from "../../shared/protocol/session.ts";
import { sourceKey } from "../../shared/source/item.ts";
import { restore } from "../../shared/source/restore.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { HOUR, intent, MINUTE, NOW, run, sourceItem } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";
import { stage } from "./stage.ts";

describe("between the check that decides and the act", () => {
  it.each(["is deleted", "is deactivated"])("an image that %s is not promoted", async (what) => {
    const { on, web, made, image, recipeStateWith } = stage();
    on.putRun(web({ step: "promote-image", candidate: made, imageName: image.name }), 13);
    on.putRecipeState(recipeStateWith("candidate"));
    let checks = 0;
    // The answer to the PATCH is the second check.
    on.onRequest = ({ method, url }) => {
      const isCheck = method === "GET" || method === "PATCH";
      if (!isCheck || !url.endsWith(image.id) || ++checks !== 2) return;
      if (what === "is deleted") on.cloud.operator.deleteImage(image.id);
      else image.status = "deactivated";
    };
    await on.call(promoteImage, sqsSample("promote-image/run"));
    expect(checks).toBeGreaterThanOrEqual(2);
    expect((await on.recipeState("web")).current).toBeNull();
    expect((await on.run(run().id)).promoted).toBe(false);
  });
});

describe("a failed synchronisation", () => {
  it("leaves the attempt's unanswered creates to the inventory, which looks for them from then on", async () => {
    const { on, web, made, image, recipeStateWith } = stage();
    image.properties["sync_status_reason"] = "az2: no space";
    const lost = intent({ id: "lost01", name: "web-lost01" });
    on.putRun(web({ step: "validate-sync", candidate: made, unansweredAttempts: [lost] }), 11);
    on.putRecipeState(recipeStateWith("candidate"));
    await on.call(validateSync, sqsSample("validate-sync/run"));
    expect(await on.run(run().id)).toMatchObject({ attempt: 1, step: "validate-sync" });
    expect((await on.recipeState("web")).images).toMatchObject([
      { id: image.id, state: "deleting" },
    ]);
    on.nowMs += MINUTE;
    const { key, version } = await on.item(runKey(run().id));
    await reconcile(on.backend, refresh, { key, version }, new Map());
    expect(await on.run(run().id)).toMatchObject({
      attempt: 2,
      step: "prepare-source",
      unansweredAttempts: [],
    });
    const recipeState = await on.recipeState("web");
    expect(recipeState.images).toMatchObject([{ id: image.id, state: "gone" }]);
    expect(recipeState.lateAttempts).toMatchObject([{ attemptId: "lost01", name: "web-lost01" }]);
  });
});

describe("the wish that a server runs again", () => {
  it("is struck out by who saw it fulfilled, and by nobody who saw an earlier one fulfilled", async () => {
    const on = new Installation();
    on.put(sourceKey("server-1"), sourceItem({ wishedPower: "ACTIVE", wishedAtMs: NOW }), 1);
    const recipe = { recipeName: "web", installationId: "h", cloud: "mycloud", region: null };
    const ctx = contextFor(on.backend, recipe);
    const cleared = { kind: "clear", serverId: "server-1", deleted: false } as const;
    await restore(ctx, { ...cleared, wishedAtMs: NOW - HOUR });
    expect((await ctx.source("server-1"))?.wishedPower).toBe("ACTIVE");
    await restore(ctx, { ...cleared, wishedAtMs: NOW });
    expect((await ctx.source("server-1"))?.wishedPower).toBeNull();
  });
});
