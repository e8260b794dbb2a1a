import { beforeEach, describe, expect, it } from "vitest";
import { handler as restoreSource } from "../../functions/restore-source/handler.ts";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import { type SourceItem, sourceKey, sourceSchema } from "../../shared/source/item.ts";
import { recipeState, HOUR, MINUTE, NOW, run, sourceItem } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

/** As in events/restore-source/server.json. */
const SERVER = "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3";

let on: Installation;
beforeEach(() => {
  on = new Installation();
  on.put(sourceKey(SERVER), sourceItem({ id: SERVER, owner: run().id, reconcileAtMs: NOW }), 4);
  on.put({ pk: "R#web", sk: "head" }, recipeState({ activeRun: run().id, checkRunAtMs: NOW }), 12);
});

async function observed(): Promise<{ source: SourceItem; checkRunAtMs: number | null }> {
  await on.call(restoreSource, sqsSample("restore-source/server"));
  await on.call(retireImages, sqsSample("retire-images/recipe"));
  const { doc } = await on.item(sourceKey(SERVER));
  const { checkRunAtMs } = await on.recipeState("web");
  return { source: sourceSchema.parse(JSON.parse(doc)), checkRunAtMs };
}

describe("who holds a source and a recipe's state is asked after", () => {
  it.each([
    [0, 10 * MINUTE],
    [10 * MINUTE, 10 * MINUTE],
    [25 * MINUTE, 25 * MINUTE],
    [5 * HOUR, HOUR],
  ])("of a run that is %i ms old, again in %i ms", async (ageMs, gapMs) => {
    on.putRun(run({ startedAtMs: NOW - ageMs }), 9);
    const { source, checkRunAtMs } = await observed();
    expect(source).toMatchObject({ owner: run().id, reconcileAtMs: NOW + gapMs });
    expect(checkRunAtMs).toBe(NOW + gapMs);
  });

  it.each([
    ["that has ended", () => on.putRun(run({ outcome: "failed", endedAtMs: NOW - HOUR }), 9)],
    ["that nobody knows of", () => {}],
  ])("a run %s holds nothing any more", async (_which, put) => {
    put();
    const { source, checkRunAtMs } = await observed();
    expect(source).toMatchObject({ owner: null, reconcileAtMs: null });
    expect(checkRunAtMs).toBeNull();
    expect((await on.recipeState("web")).activeRun).toBeNull();
  });
});
