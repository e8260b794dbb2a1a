import { expect, it } from "vitest";
import { planAdoption } from "../../shared/commands/adopt.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { inventoryImage, NOW, recipeState, run } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const RUN = run({
  job: { id: "job-1", attemptId: "abc234", name: "regild-web-abc234", askedAtMs: NOW },
});

/** A run of `web` is at work, and its image has a name and no mark yet. */
function stage(name: string) {
  const on = new Installation();
  const current = on.cloud.operator.addImage({ name: "web-1" });
  const image = on.cloud.operator.addImage({ name });
  const entry = inventoryImage({ id: current.id, state: "current" });
  const images = [{ ...entry, where: { ...entry.where, projectId: image.projectId } }];
  const state = recipeState({ current: current.id, images, activeRun: RUN.id });
  on.put(recipeStateKey("web"), state, 1, {});
  on.put(runKey(RUN.id), RUN, 1, {});
  const asked = { recipeName: "web", known: ["web"], by: "anna", reason: null };
  return { image, plan: () => planAdoption(on.backend, { ...asked, id: image.id }) };
}

it("an image that a run is making is not adopted before the run knows it", async () => {
  const { image, plan } = stage("regild-web-abc234");
  expect(await plan()).toEqual({
    refused: `image ${image.id} has the name of what run ${RUN.id} makes: wait until the run has ended`,
  });
});

it("another image is, while a run is at work", async () => {
  expect(await stage("by hand").plan()).toMatchObject({ thing: { kind: "image" } });
});
