import { expect, it } from "vitest";
import { isKnownImage } from "../../shared/image/image-set.ts";
import { makePlan } from "../../shared/commands/clean-up/make-plan.ts";
import { HOUR, MINUTE } from "../unit/builders.ts";
import { RegionCopies } from "./region-copies.ts";

const HERE = { cloud: "otc", region: null };
const FAR = { cloud: "otc-far", region: null };
const DAY = 24 * HOUR;

function plan(on: RegionCopies, places = [HERE]) {
  const deps = { ...on.deps, installationId: "home01home02" };
  return makePlan(deps, { known: ["web", "other"], recipe: null, places });
}

it("a clean-up takes a copy by IMS for what it is, also where other recipes are at home there", async () => {
  const on = new RegionCopies();
  const run = await on.refresh();
  await on.idle(HOUR);
  const { rows } = await plan(on, [HERE, FAR]);
  expect(rows.map(({ fate, place, recipe }) => [fate, place.cloud, recipe])).toEqual(
    [
      ["keep", "otc", "web"],
      ["keep", "otc-far", "web"],
    ].toSorted(),
  );
  expect(rows.find(({ place }) => place.cloud === "otc-far")?.why).toBe(
    `copy of image ${run.candidate?.id}, goes with it`,
  );
});

it("a clean-up finds a copy that came after days", async () => {
  const on = new RegionCopies();
  on.cloud.lostFarCopies = 1;
  on.cloud.farCopyPlans = [{ recordAfter: 48 * 3600, seconds: 60, fails: null }];
  await on.refresh();
  await on.idle(3 * DAY);
  const [late, ...others] = on
    .farNames()
    .filter((name) => name === on.cloud.farCopies[0]?.["name"]);
  expect(others).toEqual([]);
  const { rows } = await plan(on);
  expect(rows.filter(({ fate }) => fate === "delete").map(({ name }) => name)).toEqual([late]);
});

it("a clean-up goes on where a late copy cannot be deleted", async () => {
  const on = new RegionCopies();
  on.cloud.lostFarCopies = 1;
  on.cloud.farCopyPlans = [{ recordAfter: 3600, seconds: 60, fails: null }];
  await on.refresh();
  await on.idle(50 * MINUTE);
  on.cloud.nowMs += 30 * MINUTE;
  on.cloud.settle();
  for (const copy of on.cloud.far.images.values())
    copy.protected = copy.name === on.cloud.farCopies[0]?.["name"];
  await on.idle(HOUR);
  const { rows } = await plan(on);
  const late = rows.find(({ name }) => name === on.cloud.farCopies[0]?.["name"]);
  expect(late).toMatchObject({ fate: "keep", why: "protected by somebody" });
});

it("the record of a recipe knows a copy by IMS, so that no other recipe adopts it", async () => {
  const on = new RegionCopies();
  await on.refresh();
  const state = await on.recipeState();
  const [copyId] = on.cloud.far.images.keys();
  expect(isKnownImage(state, copyId ?? "")).toBe(true);
  expect(isKnownImage(state, "another")).toBe(false);
});
