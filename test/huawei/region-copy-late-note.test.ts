import { expect, it } from "vitest";
import { contextFor } from "../../shared/protocol/session.ts";
import { distribute } from "../../shared/steps/distribute.ts";
import { HOUR, MINUTE } from "../unit/builders.ts";
import { RegionCopies } from "./region-copies.ts";

it("a worker that sleeps before it notes the copy of a run that is cancelled meanwhile leaves none", async () => {
  const on = new RegionCopies();
  const id = await on.begin();
  const asleep = await on.follow(id, ({ regionCopies = [] }) =>
    regionCopies.some(({ job }) => job !== undefined),
  );
  on.cloud.nowMs += 10 * MINUTE;
  on.cloud.settle();
  const of = { recipeName: "web", installationId: "home01home02", cloud: "otc", region: null };
  const decision = await distribute(contextFor(on.deps, of), asleep);
  if (decision.kind !== "act") throw new Error(`it does not note the copy: ${decision.kind}`);
  await on.cancel(id);
  expect((await on.follow(id)).outcome).toBe("cancelled");

  await decision.perform();
  await on.idle(48 * HOUR);

  expect(on.farNames()).toEqual([]);
});
