import { describe, expect, it } from "vitest";
import { carryOut } from "../../shared/protocol/carry-out.ts";
import { contextFor } from "../../shared/protocol/session.ts";
import { askForApproval } from "../../shared/run/approval.ts";
import type { RecipeState } from "../../shared/image/recipe-state.ts";
import { runKey } from "../../shared/run/run-id.ts";
import {
  candidate,
  HOUR,
  image,
  inventoryImage,
  NOW,
  recipe,
  recipeState,
  resource,
  run,
} from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const back = { kind: "rollback" as const, imageId: null, by: "anna", reason: "no network" };

/** Three images in the cloud, the last one current, and a request to go back. */
function stage(is: Partial<RecipeState> = {}) {
  const on = new Installation();
  const made = ["one", "two", "three"].map((name) => on.cloud.operator.addImage({ name }));
  const [one, two, three] = made.map(({ id }) => id);
  const images = made.map(({ id }, n) =>
    inventoryImage({ id, state: n === 2 ? "current" : "retired", promotedAtMs: NOW + n * HOUR }),
  );
  on.putRecipeState(
    recipeState({
      current: three ?? null,
      images,
      pointerRequests: [{ ...back, id: "q1", from: three ?? null, atMs: NOW }],
      ...is,
    }),
  );
  const of = { recipeName: "web", installationId: "home01home02" };
  const carry = async () => {
    await carryOut(
      contextFor(on.backend, { ...of, cloud: "", region: null }),
      ({ cloud, region }) => contextFor(on.backend, { ...of, cloud, region }),
    );
    return on.recipeState("web");
  };
  const stored = (id = "") => {
    const found = on.cloud.world.firstZone.images.get(id);
    if (found === undefined) throw new Error(`no image ${id}`);
    return found;
  };
  return { on, one, two, three, images, carry, stored };
}

describe("a request to go back is carried out", () => {
  it("after one look at the nearest image, and no other", async () => {
    const { on, two, carry } = stage();
    expect(await carry()).toMatchObject({ current: two, pointerRequests: [] });
    expect(on.requestsTo(/v2\/images\/[0-9a-f-]+$/)).toHaveLength(1);
  });

  it.each([
    ["deactivated", "deactivated", "it is deactivated"],
    ["still being saved", "saving", "it is saving"],
  ])("past an image that is %s", async (_what, status, why) => {
    const { one, two, carry, stored } = stage();
    Object.assign(stored(two), { status });
    const after = await carry();
    expect(after.current).toBe(one);
    expect(after.pointerChanges[0]?.note).toBe(`${two ?? ""}: ${why}`);
  });

  it("past one that somebody has deleted, and past one whose snapshot is gone", async () => {
    const { on, one, two, three, images, carry } = stage();
    const mapping = JSON.stringify([{ snapshot_id: "5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77" }]);
    on.cloud.operator.deleteImage(two ?? "");
    const whole = on.cloud.world.firstZone.images.get(one ?? "");
    if (whole !== undefined) whole.properties["block_device_mapping"] = mapping;
    const after = await carry();
    expect(after.current).toBe(three);
    expect(after.pointerChanges).toMatchObject([{ kind: "refused" }]);
    expect(after.pointerChanges[0]?.note).toContain(`${two ?? ""}: the cloud does not have it`);
    expect(after.pointerChanges[0]?.note).toContain("its snapshot 5e1d0c7a");
    expect(images).toHaveLength(3);
  });

  it("although the cloud does not answer, with a note", async () => {
    const { on, two, carry } = stage();
    on.cloud.faults.add({ on: { times: 1000 }, effect: { kind: "status", status: 503 } });
    const after = await carry();
    expect(after.current).toBe(two);
    expect(after.pointerChanges[0]?.note).toContain("the cloud did not answer");
  });

  it("one after the other, the oldest first", async () => {
    const { on, one, two, three, carry } = stage();
    const state = await on.recipeState("web");
    const [first] = state.pointerRequests;
    if (first === undefined) throw new Error("nobody has asked");
    const second = { ...first, id: "q2", from: two ?? null };
    on.putRecipeState({ ...state, pointerRequests: [first, second] });
    const after = await carry();
    expect(after.current).toBe(one);
    expect(after.pointerChanges.map(({ id, from, to }) => [id, from, to])).toEqual([
      ["q1", three, two],
      ["q2", two, one],
    ]);
  });

  it("and a run that waits for its approval is sent on, to undo itself", async () => {
    const asking = run({ recipe: recipe({ promote: "approve" }), candidate: candidate() });
    const asked = askForApproval(asking, { image: image(), current: null }, NOW);
    const { on, carry } = stage({ activeRun: asking.id });
    on.putRun({ ...asking, step: "promote-image", ...asked }, 3, { sweepAtMs: NOW + HOUR });
    expect((await carry()).barredRun).toBe(asking.id);
    expect((await on.item(runKey(asking.id))).sweepAtMs).toBe(NOW);
  });
});

it("a snapshot in the inventory alone says nothing: what the image names counts", async () => {
  const { two, carry } = stage({ resources: [resource({ id: "s", imageId: "two" })] });
  expect((await carry()).current).toBe(two);
});
