import { expect, it } from "vitest";
import { handler as prepareSource } from "../../functions/prepare-source/handler.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { recipeState, HOUR, NOW, run } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const DAY = 24 * HOUR;

it("a run that joins another one is forgotten a month later, after its trigger", async () => {
  const on = new Installation();
  const other = run({ id: "web-20261123-092000-aaaaaa" });
  on.putRun(other, 3);
  on.putRun(run({ step: "prepare-source", source: null, seq: 0 }), 1);
  on.putRecipeState(recipeState({ activeRun: other.id, seq: 7 }));
  await on.call(prepareSource, sqsSample("prepare-source/run"));
  expect(await on.run(run().id)).toMatchObject({ outcome: "joined", joinedRunId: other.id });
  const { expiresAtMs } = await on.item(runKey(run().id));
  expect(expiresAtMs).toBeGreaterThan(NOW + 15 * DAY);
  expect(expiresAtMs).toBeLessThan(NOW + 31 * DAY);
  expect((await on.item(runKey(other.id))).expiresAtMs).toBeNull();
});
